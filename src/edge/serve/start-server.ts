import { RULES } from '#assure/monitor/rule-table';
import type { Clock, Millis } from '#base/time';
import { DAY, HOUR, MINUTE, SECOND } from '#base/time';
import { createNoteSigner } from '#crypto/signed-note';
import { ROLES } from '../access/access.ts';
import { loadAccessPolicies } from '../access/cedar/access-policies.ts';
import { type AccessDesk, createAccess } from '../access/create-access.ts';
import { checkOidcConfig, type OidcConfig } from '../access/oidc/oidc-config.ts';
import {
  loadApprovalPolicy,
  loadGuardPolicy,
  loadIncidentPolicy,
  loadPlaybooks,
  loadThingModels,
} from '../catalog/laboratory.ts';
import { createHttpServer } from '../http/create-http-server.ts';
import { loadCatalogModels } from '../http/wot/catalog-models.ts';
import { createLive } from '../live/create-live.ts';
import type { Live } from '../live/live.ts';
import type { FleetSettings } from '../live/opened.ts';
import { platformKeys } from '../live/platform-keys.ts';
import type { DeviceConnector } from '../mqtt/device-connector.ts';
import { createEmbeddedBroker } from '../mqtt/embedded-broker.ts';
import { openCertificateAuthority } from '../pki/certificate-authority.ts';
import { estRoutes } from '../pki/est.ts';
import { keyExchangeRoute } from '../pki/key-exchange.ts';
import { revocationRoute } from '../pki/revocation-route.ts';
import { createServerIdentity, type ServerIdentity } from '../pki/server-identity.ts';
import { openStore } from '../store/open-store.ts';
import { askWitnesses, type Witnesses } from '../witness/ask-witnesses.ts';
import { remoteWitness } from '../witness/remote-witness.ts';
import { createAccessFold, createAccessHistory } from './access-fold.ts';
import { type DataDirectory, replaceFile } from './data-directory.ts';
import { carryOut } from './effects.ts';
import { createEnrolmentDesk, createKeyDesk, revokedCertificates } from './enrolment-desk.ts';
import { createExternalConnector } from './external-connector.ts';
import type { Log } from './log.ts';
import { createMetrics, listenForScrapes } from './metrics.ts';
import { openRootKeys } from './open-root-keys.ts';
import {
  DEFAULT_HTTP_PORT,
  DEFAULT_MQTT_PORT,
  LOOPBACK,
  readSecretEnv,
  readSecretFile,
  type ServeConfig,
} from './serve-config.ts';
import { firstName, serverNames } from './server-names.ts';
import { keepVerifierKeys } from './verifier-keys.ts';

export interface ServerDeps {
  readonly config: ServeConfig;
  readonly data: DataDirectory;
  readonly log: Log;
  readonly version: string;
  /** Real time: certificates, sessions and one-time codes go by it. */
  readonly realTime: Clock;
  /** The time that devices and twins live in; real time but in a demonstration. */
  readonly clock: Clock;
  /** Real time between two looks at what did not happen. */
  readonly tickEvery?: Millis;
}

export interface RunningServer {
  readonly live: Live;
  /** Who may do what; for what the composition itself has to ask for. */
  readonly access: AccessDesk;
  /** `https://...`, where people and devices reach it. */
  readonly origin: string;
  /** The same from this machine. */
  readonly localOrigin: string;
  readonly httpPort: number;
  /** Of the embedded broker. */
  readonly mqttPort?: number;
  /** The link by which the first administrator is made; absent once that is done. */
  readonly setUpLink?: string;
  close(): Promise<void>;
}

/** Sessions, grants and codes are looked through this often. */
const ACCESS_SWEEP: Millis = 5 * SECOND;
const CERTIFICATE_SWEEP: Millis = HOUR;
/** A part of history is compared with the store this often. */
const AUDIT_SWEEP: Millis = MINUTE;

/** All that the catalog gives a fleet. @throws CatalogFault */
export const fleetSettings = ({ containment = true }: ServeConfig): FleetSettings => ({
  thingModels: loadThingModels(),
  rules: [...RULES.values()],
  guardPolicy: loadGuardPolicy('standard'),
  approvals: loadApprovalPolicy(),
  incidentPolicy: loadIncidentPolicy(),
  playbooks: loadPlaybooks(),
  containment,
});

/**
 * Starts the platform: store, keys, certificates, listeners. Whatever was started is stopped again when a later step fails.
 * @throws Fault, CatalogFault that say what to change
 */
export async function startServer(deps: ServerDeps): Promise<RunningServer> {
  const started: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of started.toReversed()) await close().catch(() => {});
  };
  try {
    return await start(deps, started, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function start(
  deps: ServerDeps,
  started: (() => Promise<unknown>)[],
  closeAll: () => Promise<void>,
): Promise<RunningServer> {
  const { config, data, log, version, realTime, clock } = deps;
  const policies = loadAccessPolicies(config.policies);
  const oidc = oidcOf(config);
  const remoteWitnesses = (config.witnesses ?? []).map(remoteWitness);
  const rootKeys = await openRootKeys(config, data, data.isNew || config.keys?.root === 'vault');
  const fold = createAccessFold();
  const origin = config.origin ?? `${firstName(config)}/history`;

  let running: Live | undefined;
  let witnesses: Witnesses | undefined;
  const metrics = createMetrics(
    () => running,
    () => witnesses?.standings() ?? [],
  );
  started.push(() => metrics.close());
  const live = await createLive({
    origin,
    version,
    clock,
    settings: fleetSettings(config),
    rootKeys,
    folds: [fold],
    epochs: data.epochs,
    openStore: () => openStore(config.store ?? data.history, 'writing'),
    log,
    onCommitted: metrics.committed,
    ...(deps.tickEvery === undefined ? {} : { tickEvery: deps.tickEvery }),
  });
  running = live;
  started.push(() => live.close());

  const secrets = {
    load: async (name: string) => live.secrets.find(name),
    keep: (name: string, secret: Uint8Array) => live.secrets.keep(name, secret),
  };
  const authority = await openCertificateAuthority({
    secrets,
    clock: realTime,
    ...(config.certificates?.deviceDays === undefined ? {} : { deviceLifetime: config.certificates.deviceDays * DAY }),
    ...(config.publicUrl === undefined ? {} : { publicOrigin: config.publicUrl }),
  });
  replaceFile(data.ca, authority.root);
  const keys = platformKeys({ find: live.secrets.find, keep: () => {} });
  const verifiers = keys.history.map((key) => createNoteSigner(origin, key).verifier);
  keepVerifierKeys(data.verifierKeys, { verifiers, witnesses: remoteWitnesses.map(({ verifier }) => verifier) });
  witnesses = askWitnesses({
    witnesses: remoteWitnesses,
    live,
    log,
    ...(config.witnessEveryMin === undefined ? {} : { every: config.witnessEveryMin * MINUTE }),
  });
  // stopped after all that brings records in, so that what it has cosigned last is the end of history
  started.push(() => witnesses?.close() ?? Promise.resolve());
  const identity = await createServerIdentity({ authority, clock: realTime, ...serverNames(config) });

  let publicOrigin = config.publicUrl ?? '';
  const access = createAccess({
    state: fold.state,
    history: createAccessHistory(live),
    policies,
    clock: realTime,
    origin: () => publicOrigin,
    wardOf: (subject) => live.fleet.registry.subjects.get(subject)?.ward,
    notify: (notice) => log('warn', 'access: to be looked at', { ...notice }),
    ...(oidc === undefined ? {} : { oidc }),
    ...(config.sessions === undefined ? {} : { sessions: sessionLimits(config.sessions) }),
  });
  await access.open();
  live.onStatus((status) => {
    log(status === 'unavailable' ? 'warn' : 'info', `platform ${status}`);
    if (status === 'open') void access.refold(fold.state);
  });

  const desk = createEnrolmentDesk(live);
  /** Where devices find the broker. */
  let reachable = config.mqtt?.broker;
  const commandKeys = keys.command.map(({ algorithm, publicKey }) => ({ algorithm, key: publicKey.bytes }));
  const http = await createHttpServer({
    live,
    access,
    tls: identity.options('requested'),
    models: loadCatalogModels(),
    plugins: [
      estRoutes({ authority, desk, clock: realTime }),
      keyExchangeRoute({ desk: createKeyDesk(live, commandKeys, () => reachable), clock: realTime }),
      revocationRoute({ authority, clock: realTime, revoked: () => revokedCertificates(live, realTime) }),
    ],
    ...(config.publicUrl === undefined ? {} : { publicOrigin: config.publicUrl }),
    version,
  });
  identity.follow(http.listener);
  started.push(() => http.close());
  const httpPort = await http.listen({
    host: config.http?.host ?? LOOPBACK,
    port: config.http?.port ?? DEFAULT_HTTP_PORT,
  });
  if (publicOrigin === '') publicOrigin = `https://${firstName(config)}:${httpPort}`;

  const connector = connectorOf(deps, live, identity);
  const { port: mqttPort } = await connector.start();
  if (mqttPort !== undefined) reachable = `${firstName(config)}:${mqttPort}`;
  started.push(() => connector.close());
  live.onEffect(carryOut(live, connector, log));

  if (config.metrics !== undefined) {
    const scrapes = await listenForScrapes(metrics, config.metrics.host ?? LOOPBACK, config.metrics.port);
    started.push(async () => void scrapes.close());
  }
  started.push(
    ...sweeps(log, [
      { what: 'looking through sessions', every: ACCESS_SWEEP, run: () => access.tick() },
      { what: 'renewing certificates', every: CERTIFICATE_SWEEP, run: () => identity.renewIfDue() },
      { what: 'auditing history', every: AUDIT_SWEEP, run: () => live.audit() },
    ]),
  );
  started.push(() => access.close());

  const token = access.offerSetUp();
  return {
    live,
    access,
    origin: publicOrigin,
    localOrigin: `https://localhost:${httpPort}`,
    httpPort,
    ...(mqttPort === undefined ? {} : { mqttPort }),
    ...(token === undefined ? {} : { setUpLink: `${publicOrigin}/setup?token=${token}` }),
    close: closeAll,
  };
}

function connectorOf({ config, log, realTime }: ServerDeps, live: Live, identity: ServerIdentity): DeviceConnector {
  const onNotice = (notice: { readonly kind: string }): void => {
    if (notice.kind === 'refused') log('warn', 'device connection refused', { ...notice });
    else log('debug', `device ${notice.kind}`, { ...notice });
  };
  const broker = config.mqtt?.broker;
  if (broker !== undefined) return createExternalConnector({ ...config.mqtt, broker }, live, onNotice);
  const { host = LOOPBACK, port = DEFAULT_MQTT_PORT } = config.mqtt ?? {};
  return createEmbeddedBroker({ live, identity, host, port, onNotice, realTime });
}

const sessionLimits = ({ idleMin, absoluteHours }: NonNullable<ServeConfig['sessions']>) => ({
  ...(idleMin === undefined ? {} : { idle: idleMin * MINUTE }),
  ...(absoluteHours === undefined ? {} : { absolute: absoluteHours * HOUR }),
});

/** @throws Fault `config.oidc`, `config.secret` */
function oidcOf({ oidc }: ServeConfig): OidcConfig | undefined {
  if (oidc === undefined) return undefined;
  const { issuer, clientId, clientSecretFile, clientSecretEnv, scopes, mapping } = oidc;
  const clientSecret =
    clientSecretFile === undefined ? readSecretEnv(clientSecretEnv ?? '') : readSecretFile(clientSecretFile);
  const roles = Object.entries(mapping?.roles ?? {}).map(([claim, names]) => [
    claim,
    names.map((name) => ROLES.find((role) => role === name) ?? (name as (typeof ROLES)[number])),
  ]);
  return checkOidcConfig({
    issuer,
    clientId,
    clientSecret,
    ...(scopes === undefined ? {} : { scopes }),
    ...(mapping === undefined ? {} : { mapping: { ...mapping, roles: Object.fromEntries(roles) } }),
  });
}

interface Sweep {
  readonly what: string;
  readonly every: Millis;
  readonly run: () => Promise<unknown>;
}

/** What is looked at from time to time. Returns how each is stopped. */
function sweeps(log: Log, all: readonly Sweep[]): readonly (() => Promise<void>)[] {
  return all.map(({ what, every, run }) => {
    const failed = (error: unknown): void =>
      log('warn', `${what} failed`, { cause: error instanceof Error ? error.message : String(error) });
    const timer = setInterval(() => void run().catch(failed), every);
    return async () => clearInterval(timer);
  });
}
