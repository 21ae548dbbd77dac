import type { TestContext } from 'node:test';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { MINUTE } from '#base/time';
import { randomSecret } from '#crypto/secret';
import type { BrokerLimits } from '#edge/mqtt/broker-limits';
import type { ConnectorNotice, DeviceConnector } from '#edge/mqtt/device-connector';
import { createEmbeddedBroker } from '#edge/mqtt/embedded-broker';
import { type CertificateAuthority, openCertificateAuthority } from '#edge/pki/certificate-authority';
import { type Pem, toPem } from '#edge/pki/pem';
import { createServerIdentity } from '#edge/pki/server-identity';
import { createEndpoint, type Endpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { createMemorySecrets } from '../pki/memory-desk.ts';
import { COMMAND_KEY, createFleetLive, type FleetLive } from './fleet-live.ts';

/** Handed on to the TLS of Node.js; the client's types do not know it. */
const TLS_ONLY = { minVersion: 'TLSv1.3' };

/** A device as far as its connection goes: a certificate, and its end of the channel. */
export interface TestDevice {
  readonly thing: string;
  readonly key: Pem;
  readonly chain: Pem;
  readonly serial: string;
  readonly endpoint: Endpoint;
}

export interface DeviceKind {
  readonly role: string;
  readonly model: string;
}

const GLUCOSE_MONITOR: DeviceKind = { role: 'cgm', model: 'glucose-monitor' };

export interface BrokerBench {
  readonly live: FleetLive;
  readonly authority: CertificateAuthority;
  readonly broker: DeviceConnector;
  readonly port: number;
  readonly notices: ConnectorNotice[];
  /** Resolves with the first notice, past or to come, that matches. */
  noticed(matches: (notice: ConnectorNotice) => boolean): Promise<ConnectorNotice>;
  refused(reason: string): Promise<ConnectorNotice>;
  /** Enrols a glucose monitor, or what else, of a subject of its own. */
  enrol(thing: string, kind?: DeviceKind): Promise<TestDevice>;
  /** A client that does not reconnect; resolves when it is connected, rejects when it is sent away. */
  connect(device: Pick<TestDevice, 'key' | 'chain' | 'thing'>, options?: IClientOptions): Promise<MqttClient>;
  options(device?: Pick<TestDevice, 'key' | 'chain'>): IClientOptions;
}

export interface BenchOptions {
  readonly limits?: Partial<BrokerLimits>;
  /** By how much the platform's real time is ahead. */
  readonly ahead?: () => number;
}

export async function startBrokerBench(context: TestContext, options: BenchOptions = {}): Promise<BrokerBench> {
  const realTime = { now: () => Date.now() + (options.ahead?.() ?? 0) };
  const clock = { now: () => Date.now() };
  const live = createFleetLive();
  const authority = await openCertificateAuthority({ secrets: createMemorySecrets(), clock });
  const identity = await createServerIdentity({ authority, clock, names: ['localhost'], addresses: ['127.0.0.1'] });
  const notices: ConnectorNotice[] = [];
  const watchers = new Set<(notice: ConnectorNotice) => void>();
  const broker = createEmbeddedBroker({
    live,
    identity,
    host: '127.0.0.1',
    port: 0,
    realTime,
    limits: options.limits ?? {},
    onNotice: (notice) => {
      notices.push(notice);
      for (const watcher of watchers) watcher(notice);
    },
  });
  const { port = 0 } = await broker.start();
  const clients: MqttClient[] = [];
  context.after(async () => {
    for (const client of clients) client.end(true);
    if (live.status !== 'open') live.restore();
    live.release();
    await broker.close();
  });

  const noticed = (matches: (notice: ConnectorNotice) => boolean): Promise<ConnectorNotice> =>
    new Promise((resolve) => {
      const past = notices.find(matches);
      if (past !== undefined) {
        resolve(past);
        return;
      }
      const watch = (notice: ConnectorNotice): void => {
        if (!matches(notice)) return;
        watchers.delete(watch);
        resolve(notice);
      };
      watchers.add(watch);
    });

  const connectOptions = (device?: Pick<TestDevice, 'key' | 'chain'>): IClientOptions => ({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port,
    ca: authority.root,
    ...TLS_ONLY,
    ...(device === undefined ? {} : { key: device.key, cert: device.chain }),
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
  });

  return {
    live,
    authority,
    broker,
    port,
    notices,
    noticed,
    refused: (reason) => noticed((notice) => notice.kind === 'refused' && notice.reason === reason),
    options: connectOptions,
    enrol: (thing, kind) => enrolDirectly(live, authority, thing, kind),
    connect: (device, more = {}) => {
      const client = mqtt.connect({ ...connectOptions(device), clientId: device.thing, ...more });
      clients.push(client);
      return new Promise((resolve, reject) => {
        client.once('connect', () => resolve(client));
        client.once('error', reject);
        client.once('close', () => reject(new Error('closed')));
      });
    },
  };
}

/** Certificate and keys straight from the authority and the registry: how a device comes by them is tested elsewhere. */
export async function enrolDirectly(
  live: FleetLive,
  authority: CertificateAuthority,
  thing: string,
  { role, model }: DeviceKind = GLUCOSE_MONITOR,
): Promise<TestDevice> {
  const { key, chain, serial, notAfter } = await issueCertificate(authority, thing);
  const secret = randomSecret(32);
  live.secretsOfThings.set(thing, secret);
  const digest = '0'.repeat(64);
  await live.act((fleet) => {
    fleet.admitSubject(`subject-${thing}`, 'home');
    const wish = { thing, subject: `subject-${thing}`, role, model, speaksFor: [] };
    fleet.expectThing(wish, { digest, expiresAt: live.clock.now() + MINUTE });
    fleet.redeemOffer(thing, digest);
    fleet.certified(thing, { serial, notAfter });
    fleet.keyed(thing, secret);
  });
  const endpoint = createEndpoint(deriveEnrolmentKey(thing, secret), { commandKeys: [COMMAND_KEY.publicKey] });
  return { thing, key, chain, serial, endpoint };
}

export async function issueCertificate(authority: CertificateAuthority, thing: string) {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  const csr = {
    kind: 'CertificateRequest',
    publicKey,
    keyFingerprint: '',
    commonNames: [],
    isPlainName: true,
    alternativeNames: [],
  } as const;
  const { serial, notAfter, certificate, issuer } = await authority.issueDevice({ thing, csr });
  const key = toPem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)));
  return { key, chain: `${certificate}${issuer}`, serial, notAfter };
}

/** Resolves when the connection has ended. */
export const ending = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.on('error', () => {});
    client.once('close', () => resolve());
  });

/** A reading, sealed as the device seals it. */
export const sealReading = ({ endpoint, thing }: TestDevice, glucose = 120): Buffer => {
  const at = Date.now();
  const measurements = [{ name: 'glucose', value: glucose, at }];
  return Buffer.from(endpoint.seal({ kind: 'Report', thing, sentAt: at, measurements }));
};
