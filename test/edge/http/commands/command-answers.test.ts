// The whole way: a person asks over HTTPS, a device is asked and answers over MQTT with its certificate.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import mqtt, { type MqttClient } from 'mqtt';
import { MINUTE } from '#base/time';
import { createEmbeddedBroker } from '#edge/mqtt/embedded-broker';
import { openCertificateAuthority } from '#edge/pki/certificate-authority';
import { createServerIdentity } from '#edge/pki/server-identity';
import { carryOut } from '#edge/serve/effects';
import type { Acknowledgement, Command } from '#model/thing/message';
import { QUIET } from '../../../assure/monitor/observations.ts';
import { issueCertificate } from '../../mqtt/broker-bench.ts';
import { createMemorySecrets } from '../../pki/memory-desk.ts';
import { type HttpBench, openHttpBench } from '../http-bench.ts';

const COMMANDS = '/api/v1/twins/p1/commands';
/** Handed on to the TLS of Node.js; the client's types do not know it. */
const TLS_ONLY = { minVersion: 'TLSv1.3' };

let bench: HttpBench;
let gateway: MqttClient;
let stop: () => Promise<void>;
before(async () => {
  bench = await openHttpBench();
  const clock = { now: () => Date.now() };
  const authority = await openCertificateAuthority({ secrets: createMemorySecrets(), clock });
  const identity = await createServerIdentity({ authority, clock, names: ['localhost'], addresses: ['127.0.0.1'] });
  const broker = createEmbeddedBroker({ live: bench.live, identity, host: '127.0.0.1', port: 0 });
  const { port } = await broker.start();
  bench.live.onEffect(carryOut(bench.live, broker, () => {}));
  const { key, chain, serial, notAfter } = await issueCertificate(authority, 'p1-gateway');
  await bench.live.act((fleet) => fleet.certified('p1-gateway', { serial, notAfter }));
  gateway = await mqtt.connectAsync({
    ...TLS_ONLY,
    protocol: 'mqtts',
    host: '127.0.0.1',
    port: port!,
    ca: authority.root,
    key,
    cert: chain,
    clientId: 'p1-gateway',
    reconnectPeriod: 0,
  });
  await gateway.subscribeAsync('wardtwin/v1/p1-gateway/down', { qos: 1 });
  stop = async () => {
    gateway.end(true);
    await broker.close();
    await bench.close();
  };
});
after(() => stop());

async function quiet(glucose: number): Promise<void> {
  bench.pass(5 * MINUTE);
  await bench.ward.tell('cgm', { glucose });
  await bench.ward.tell('pump', QUIET.pump);
  await bench.ward.tell('handset', { ...QUIET.handset, glucoseUsed: glucose });
}

let asked = 0;

/** Asks for an action; resolves with its place in the API and with what the pump got of it. */
async function ask(action: string): Promise<{ readonly place: string; readonly command: Command }> {
  asked += 1;
  await quiet(100 + asked);
  const message = new Promise<Uint8Array>((resolve) => {
    gateway.once('message', (_, payload) => resolve(new Uint8Array(payload)));
  });
  const answer = await bench.ask('clinician', COMMANDS, {
    method: 'POST',
    headers: { 'idempotency-key': `over-the-air-${asked}` },
    body: { thing: 'pump', action, input: {} },
  });
  assert.equal(answer.status, 202, answer.text);
  const opened = bench.ward.endpoints.get('pump')!.openCommand(await message);
  assert.ok(opened.kind === 'OpenedCommand');
  return { place: String(answer.headers['location']), command: opened.command };
}

/** Resolves with the PUBACK: what the device said is on record. */
async function say(role: string, { id: commandId }: Command, outcome: Acknowledgement['outcome'], reason?: string) {
  const what = {
    kind: 'Acknowledgement',
    thing: `p1-${role}`,
    commandId,
    outcome,
    at: bench.live.clock.now(),
  } as const;
  const sealed = bench.ward.endpoints.get(role)!.seal(reason === undefined ? what : { ...what, reason });
  await gateway.publishAsync('wardtwin/v1/p1-gateway/up', Buffer.from(sealed), { qos: 1 });
}

const read = async (place: string) =>
  (await bench.ask('clinician', place)).json<{ status: string; reasons: string[]; late?: string }>();
const recorded = async (): Promise<readonly string[]> => {
  const found = await bench.live.history.find({ subject: 'p1', limit: 3, descending: true });
  return found.flatMap((one) => (one.kind === 'read' ? [one.record.kind] : []));
};

test('what a device did is read where it was asked for', async () => {
  const { place, command } = await ask('suspend');
  assert.equal((await read(place)).status, 'dispatched');
  await say('pump', command, 'done');
  assert.equal((await read(place)).status, 'done');
});

test('a refusal of the device is told with its reason', async () => {
  const { place, command } = await ask('resume');
  await say('pump', command, 'refused', 'the reservoir is empty');
  assert.partialDeepStrictEqual(await read(place), {
    status: 'refused-by-device',
    reasons: ['the device: `the reservoir is empty`'],
  });
});

test('a device that says nothing in time is given up on, and what it says later is told as that', async () => {
  const { place, command } = await ask('resume');
  bench.pass(4 * MINUTE);
  await bench.live.act((fleet) => ({ effects: fleet.tick() }));
  assert.partialDeepStrictEqual(await read(place), { status: 'timed-out' });
  await say('pump', command, 'done');
  assert.partialDeepStrictEqual(await read(place), { status: 'timed-out', late: 'done' });
  assert.ok((await recorded()).includes('CommandAnsweredLate'));
});

test('nobody answers for another device', async () => {
  const { place, command } = await ask('suspend');
  await say('cgm', command, 'done');
  assert.equal((await read(place)).status, 'dispatched');
  await say('pump', command, 'expired');
  assert.equal((await read(place)).status, 'expired-at-device');
});
