import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { toHex } from '#base/bytes';
import { HOUR } from '#base/time';
import { importPublicKey } from '#crypto/sign';
import { version } from '#edge/exercise/version';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import { createLive } from '#edge/live/create-live';
import { loadDevice } from '#edge/pki/enrolled-device';
import { agreeKeys, enrolDevice } from '#edge/pki/enrolment-client';
import { makeEnrolmentToken } from '#edge/pki/enrolment-token';
import { openDataDirectory } from '#edge/serve/data-directory';
import { fleetSettings } from '#edge/serve/fleet-settings';
import { openStore } from '#edge/store/open-store';
import { createEndpoint, type Endpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import { messageKey } from './held-against-history.ts';
import type { ServerProcess } from './server-process.ts';

export const SERVED = { origin: 'localhost/history', version, settings: fleetSettings({}) };

/** Admits subjects with a glucose monitor each, before the server starts. Returns the tokens that enrol them, by thing. */
export async function expectMonitors(folder: string, things: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const data = openDataDirectory(join(folder, 'data'));
  const live = await createLive({
    ...SERVED,
    clock: { now: () => Date.now() },
    rootKeys: await openFileRootKeys({ directory: data.rootKeys, create: data.isNew }),
    folds: [],
    epochs: data.epochs,
    openStore: () => openStore(data.history, 'writing'),
    log: () => {},
  });
  const tokens = new Map<string, string>();
  for (const thing of things) {
    const { token, digest } = makeEnrolmentToken();
    await live.act((fleet) => {
      fleet.admitSubject(`of-${thing}`, 'ward-1');
      const wish = { thing, subject: `of-${thing}`, role: 'cgm', model: 'glucose-monitor', speaksFor: [] };
      fleet.expectThing(wish, { digest: toHex(digest), expiresAt: Date.now() + HOUR, by: 'platform' });
    });
    tokens.set(thing, token);
  }
  await live.close();
  return tokens;
}

/** A device that enrolled itself over HTTPS and speaks MQTT over TLS. It outlives the server. */
export interface ServedDevice {
  readonly thing: string;
  readonly endpoint: Endpoint;
  /** Seals the next reading. */
  read(glucose: number): { readonly key: string; readonly bytes: Uint8Array };
  /** Connects; rejects when it is sent away. */
  connect(server: ServerProcess): Promise<MqttClient>;
}

export async function enrolMonitor(
  folder: string,
  { origin }: ServerProcess,
  thing: string,
  token: string,
): Promise<ServedDevice> {
  const directory = join(folder, thing);
  const ca = readFileSync(join(folder, 'data', 'ca.pem'), 'utf8');
  await enrolDevice({ origin, ca, thing, token, directory });
  const { secret, commandKeys } = await agreeKeys({ origin, directory });
  const { key, chain } = await loadDevice(directory);
  const endpoint = createEndpoint(deriveEnrolmentKey(thing, secret), {
    commandKeys: commandKeys.map(({ key: bytes }) => importPublicKey('Ed25519', bytes)),
  });
  let sequence = 0;
  return {
    thing,
    endpoint,
    read: (glucose) => {
      const at = Date.now();
      const measurements = [{ name: 'glucose', value: glucose, at }];
      const bytes = endpoint.seal({ kind: 'Report', thing, sentAt: at, measurements });
      sequence += 1;
      return { key: messageKey(thing, sequence - 1), bytes };
    },
    connect: async ({ mqttPort }) => {
      const client = mqtt.connect({
        protocol: 'mqtts',
        host: 'localhost',
        port: mqttPort,
        ca,
        key,
        cert: chain,
        clientId: thing,
        protocolVersion: 4,
        reconnectPeriod: 0,
        connectTimeout: 10_000,
      });
      client.on('error', () => {});
      const isConnected = await new Promise<boolean>((resolve) => {
        client.once('connect', () => resolve(true));
        client.once('close', () => resolve(false));
      });
      if (!isConnected) throw new Error(`\`${thing}\` was sent away`);
      return client;
    },
  };
}

export const upTopic = (thing: string): string => `wardtwin/v1/${thing}/up`;
