import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import type { ConnectorNotice, ConnectorStatus, DeviceConnector } from '#edge/mqtt/device-connector';
import { createExternalBroker } from '#edge/mqtt/external-broker';
import { type CertificateAuthority, openCertificateAuthority } from '#edge/pki/certificate-authority';
import { lacking } from '../../external-programs.ts';
import { createMemorySecrets } from '../pki/memory-desk.ts';
import { enrolDirectly, sealReading, type TestDevice } from './broker-bench.ts';
import { createFleetLive, type FleetLive } from './fleet-live.ts';
import { type Mosquitto, startMosquitto } from './mosquitto.ts';

const skip = lacking('mosquitto', 'bash', 'openssl');
const TLS_ONLY = { minVersion: 'TLSv1.3' };
const up = (thing: string): string => `wardtwin/v1/${thing}/up`;

interface Bench {
  readonly live: FleetLive;
  readonly authority: CertificateAuthority;
  readonly mosquitto: Mosquitto;
  readonly notices: ConnectorNotice[];
  platform(): DeviceConnector;
  device(thing: string): Promise<{ readonly device: TestDevice; readonly client: MqttClient }>;
  received(count: number): Promise<void>;
}

async function startBench(context: TestContext): Promise<Bench> {
  const live = createFleetLive();
  const authority = await openCertificateAuthority({ secrets: createMemorySecrets(), clock: live.clock });
  const mosquitto = await startMosquitto(context, authority);
  const notices: ConnectorNotice[] = [];
  const watchers = new Set<() => void>();
  const outcomes = (): number => notices.filter(({ kind }) => kind === 'received').length;
  return {
    live,
    authority,
    mosquitto,
    notices,
    platform: () => {
      const connector = createExternalBroker({
        live,
        url: mosquitto.url,
        ca: authority.root,
        credentials: mosquitto.platform,
        onNotice: (notice) => {
          notices.push(notice);
          for (const watcher of watchers) watcher();
        },
      });
      context.after(() => connector.close());
      return connector;
    },
    device: async (thing) => {
      const device = await enrolDirectly(live, authority, thing, { role: 'handset', model: 'handset' });
      const { key, chain: cert } = device;
      const client = mqtt.connect(mosquitto.url, {
        ...TLS_ONLY,
        ca: authority.root,
        key,
        cert,
        clientId: thing,
        protocolVersion: 4,
        reconnectPeriod: 50,
      });
      context.after(() => client.end(true));
      client.on('error', () => {});
      await new Promise<void>((resolve) => client.once('connect', () => resolve()));
      return { device, client };
    },
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (outcomes() < count) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
  };
}

const becoming = (connector: DeviceConnector, status: ConnectorStatus): Promise<void> =>
  new Promise((resolve) => {
    if (connector.status === status) resolve();
    connector.onStatus((now) => {
      if (now === status) resolve();
    });
  });

const sealAlarm = ({ endpoint, thing }: TestDevice): Buffer => {
  const at = Date.now();
  return Buffer.from(
    endpoint.seal({ kind: 'Report', thing, sentAt: at, measurements: [{ name: 'alarmCondition', value: 'none', at }] }),
  );
};

test('through mosquitto: reports come in, commands go out, and a topic is a claim', { skip }, async (context) => {
  const bench = await startBench(context);
  const platform = bench.platform();
  await platform.start();
  await becoming(platform, 'connected');
  const { device, client } = await bench.device('handset-1');
  const other = await bench.device('handset-2');
  await client.publishAsync(up('handset-1'), sealAlarm(device), { qos: 1 });
  await bench.received(1);
  assert.deepEqual(bench.notices.at(-1), { kind: 'received', thing: 'handset-1', outcome: 'accepted' });

  // the broker lets nobody write to another's topic, and drops it without a word
  await other.client.publishAsync(up('handset-1'), sealAlarm(device), { qos: 1 });
  await other.client.publishAsync(up('handset-2'), sealReading(other.device), { qos: 1 });
  await bench.received(2);
  assert.deepEqual(bench.notices.at(-1), { kind: 'received', thing: 'handset-2', outcome: 'not-in-thing-model' });

  const message = once(client as never, 'message');
  await client.subscribeAsync('wardtwin/v1/handset-1/down', { qos: 1 });
  platform.send('handset-1', new Uint8Array([1, 2, 3]));
  assert.deepEqual([...((await message)[1] as Uint8Array)], [1, 2, 3]);
});

test('a_puback_means_durable: what is not acknowledged is delivered again, and marked so', {
  skip,
}, async (context) => {
  const bench = await startBench(context);
  const platform = bench.platform();
  await platform.start();
  await becoming(platform, 'connected');
  const { device, client } = await bench.device('handset-1');
  await client.publishAsync(up('handset-1'), sealAlarm(device), { qos: 1 });
  await bench.received(1);
  bench.live.hold();
  for (let count = 0; count < 3; count += 1) await client.publishAsync(up('handset-1'), sealAlarm(device), { qos: 1 });
  // the second and the third do not wait for the first
  await bench.live.waiting(3);
  bench.live.fail();
  await becoming(platform, 'disconnected');
  bench.live.restore();
  await bench.received(4);
  // the double kept what the platform lost: as they were accepted once, the second delivery says that it is one
  const outcomes = bench.notices.map((notice) => ('outcome' in notice ? notice.outcome : undefined)).filter(Boolean);
  assert.deepEqual(outcomes, ['accepted', 'redelivered', 'redelivered', 'redelivered']);
});

test('platform away, broker away: what devices say arrives when both are back, once', { skip }, async (context) => {
  const bench = await startBench(context);
  const first = bench.platform();
  await first.start();
  await becoming(first, 'connected');
  const { device, client } = await bench.device('handset-1');
  await first.close();
  for (let count = 0; count < 5; count += 1) await client.publishAsync(up('handset-1'), sealAlarm(device), { qos: 1 });

  await bench.mosquitto.stop();
  const platform = bench.platform();
  await platform.start();
  await becoming(platform, 'disconnected');
  platform.send('handset-1', new Uint8Array([7]));
  await bench.mosquitto.start();
  await becoming(platform, 'connected');
  await bench.received(5);
  assert.deepEqual(
    bench.notices.filter(({ kind }) => kind === 'received').map((notice) => 'outcome' in notice && notice.outcome),
    ['accepted', 'accepted', 'accepted', 'accepted', 'accepted'],
  );
});

test('nobody without a certificate', { skip }, async (context) => {
  const bench = await startBench(context);
  const client = mqtt.connect(bench.mosquitto.url, { ...TLS_ONLY, ca: bench.authority.root, reconnectPeriod: 0 });
  const outcome = await new Promise<string>((resolve) => {
    client.once('connect', () => resolve('connected'));
    client.once('error', (error) => resolve(error.message));
    client.once('close', () => resolve('closed'));
  });
  client.end(true);
  assert.notEqual(outcome, 'connected');
});
