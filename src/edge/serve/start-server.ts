import type { Clock, Millis } from '#base/time';
import { HOUR, MINUTE, SECOND } from '#base/time';
import { createNoteSigner } from '#crypto/signed-note';
import { loadAccessPolicies } from '../access/cedar/access-policies.ts';
import type { AccessDesk } from '../access/create-access.ts';
import { createHttpServer, type HttpServer } from '../http/create-http-server.ts';
import { loadCatalogModels } from '../http/wot/catalog-models.ts';
import { createLive } from '../live/create-live.ts';
import type { Live } from '../live/live.ts';
import { type PlatformKeys, platformKeys } from '../live/platform-keys.ts';
import type { DeviceConnector } from '../mqtt/device-connector.ts';
import { createEmbeddedBroker } from '../mqtt/embedded-broker.ts';
import { estRoutes } from '../pki/est.ts';
import { keyExchangeRoute } from '../pki/key-exchange.ts';
import { revocationRoute } from '../pki/revocation-route.ts';
import type { ServerIdentity } from '../pki/server-identity.ts';
import { openWhenFree } from '../store/open-when-free.ts';
import { askWitnesses, type Witnesses } from '../witness/ask-witnesses.ts';
import { remoteWitness } from '../witness/remote-witness.ts';
import { createAccessFold } from './access-fold.ts';
import { type Closers, createClosers } from './closers.ts';
import { createConnectionLog } from './connection-log.ts';
import type { DataDirectory } from './data-directory.ts';
import { carryOut } from './effects.ts';
import { createEnrolmentDesk, createKeyDesk, revokedCertificates } from './enrolment-desk.ts';
import { createExternalConnector } from './external-connector.ts';
import { fleetSettings } from './fleet-settings.ts';
import type { Log } from './log.ts';
import { createMetrics, listenForScrapes } from './metrics.ts';
import { oidcOf } from './oidc-of.ts';
import { openAccess } from './open-access.ts';
import { openPki, type Pki } from './open-pki.ts';
import { openRootKeys } from './open-root-keys.ts';
import { DEFAULT_HTTP_PORT, DEFAULT_MQTT_PORT, LOOPBACK, type ServeConfig } from './serve-config.ts';
import { firstName } from './server-names.ts';
import { startSweeps } from './sweeps.ts';
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

/**
 * Starts the platform: store, keys, certificates, listeners. Whatever was started is stopped again when a later step fails.
 * @throws Fault, CatalogFault that say what to change
 */
export async function startServer(deps: ServerDeps): Promise<RunningServer> {
  const closers = createClosers();
  try {
    return await start(deps, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

async function start(deps: ServerDeps, closers: Closers): Promise<RunningServer> {
  const { config, data, log, realTime } = deps;
  // what can be told without touching anything is told first
  const policies = loadAccessPolicies(config.policies);
  const oidc = oidcOf(config);
  const fold = createAccessFold();
  const { live, keys } = await openPlatform(deps, closers, fold);
  const { authority, identity } = await openPki(config, live, data, realTime);

  let origin = config.publicUrl ?? '';
  const { sessions } = config;
  const access = await openAccess({ live, fold, policies, oidc, sessions, clock: realTime, origin: () => origin, log });
  /** Where devices find the broker. */
  let reachable = config.mqtt?.broker;
  const connector = connectorOf(deps, live, identity);
  const http = await createApi(deps, { live, access, keys, pki: { authority, identity }, mqtt: () => reachable });
  identity.follow(http.listener);
  closers.add(() => http.close());
  const { host = LOOPBACK, port = DEFAULT_HTTP_PORT } = config.http ?? {};
  const httpPort = await http.listen({ host, port });
  if (origin === '') origin = `https://${firstName(config)}:${httpPort}`;
  // one that cannot listen has begun all the same, and would keep the process alive
  closers.add(() => connector.close());
  const { port: mqttPort } = await connector.start();
  live.onEffect(carryOut(live, connector, log));
  if (mqttPort !== undefined) reachable = `${firstName(config)}:${mqttPort}`;

  startSweeps(log, closers, [
    { what: 'looking through sessions', every: ACCESS_SWEEP, run: () => access.tick() },
    { what: 'renewing certificates', every: CERTIFICATE_SWEEP, run: () => identity.renewIfDue() },
    { what: 'auditing history', every: AUDIT_SWEEP, run: () => live.audit() },
  ]);
  closers.add(() => access.close());
  const token = access.offerSetUp();
  return {
    live,
    access,
    origin,
    localOrigin: `https://localhost:${httpPort}`,
    httpPort,
    ...(mqttPort === undefined ? {} : { mqttPort }),
    ...(token === undefined ? {} : { setUpLink: `${origin}/setup?token=${token}` }),
    close: closers.closeAll,
  };
}

/** Store, keys and state, with metrics and witnesses around them. */
async function openPlatform(
  { config, data, log, version, clock, tickEvery }: ServerDeps,
  closers: Closers,
  fold: ReturnType<typeof createAccessFold>,
): Promise<{ readonly live: Live; readonly keys: PlatformKeys }> {
  const remoteWitnesses = (config.witnesses ?? []).map(remoteWitness);
  const rootKeys = await openRootKeys(config, data, data.isNew || config.keys?.root === 'vault');
  const origin = config.origin ?? `${firstName(config)}/history`;
  let running: Live | undefined;
  let witnesses: Witnesses | undefined;
  const metrics = createMetrics(
    () => running,
    () => witnesses?.standings() ?? [],
  );
  closers.add(() => metrics.close());
  const live = await createLive({
    origin,
    version,
    clock,
    settings: fleetSettings(config),
    rootKeys,
    folds: [fold],
    epochs: data.epochs,
    head: data.head,
    openStore: () => openWhenFree(config.store ?? data.history),
    log,
    onCommitted: metrics.committed,
    ...(tickEvery === undefined ? {} : { tickEvery }),
  });
  running = live;
  closers.add(() => live.close());
  live.onStatus((status) => log(status === 'unavailable' ? 'warn' : 'info', `platform ${status}`));

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
  closers.add(() => witnesses?.close() ?? Promise.resolve());
  if (config.metrics !== undefined) {
    const scrapes = await listenForScrapes(metrics, config.metrics.host ?? LOOPBACK, config.metrics.port);
    closers.add(async () => void scrapes.close());
  }
  return { live, keys };
}

interface ApiParts {
  readonly live: Live;
  readonly access: AccessDesk;
  readonly keys: PlatformKeys;
  readonly pki: Pki;
  readonly mqtt: () => string | undefined;
}

/** The HTTPS listener: API and streams, and on the same port enrolment, key agreement and the revocation list. */
function createApi(
  { config, realTime, version }: ServerDeps,
  { live, access, keys, pki, mqtt }: ApiParts,
): Promise<HttpServer> {
  const { authority, identity } = pki;
  const clock = realTime;
  const desk = createEnrolmentDesk(live, access);
  const commandKeys = keys.command.map(({ algorithm, publicKey }) => ({ algorithm, key: publicKey.bytes }));
  return createHttpServer({
    live,
    access,
    tls: identity.options('requested'),
    models: loadCatalogModels(),
    plugins: [
      estRoutes({ authority, desk, clock }),
      keyExchangeRoute({ desk: createKeyDesk(live, commandKeys, mqtt), clock }),
      revocationRoute({ authority, clock, revoked: () => revokedCertificates(live, clock) }),
    ],
    ...(config.publicUrl === undefined ? {} : { publicOrigin: config.publicUrl }),
    version,
  });
}

function connectorOf({ config, log, realTime }: ServerDeps, live: Live, identity: ServerIdentity): DeviceConnector {
  const onNotice = createConnectionLog(log, realTime);
  const broker = config.mqtt?.broker;
  if (broker !== undefined) return createExternalConnector({ ...config.mqtt, broker }, live, onNotice);
  const { host = LOOPBACK, port = DEFAULT_MQTT_PORT } = config.mqtt ?? {};
  return createEmbeddedBroker({ live, identity, host, port, onNotice, realTime });
}
