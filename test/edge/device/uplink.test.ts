import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUplink, type Uplink } from '#edge/device/uplink';
import { type BrokerBench, sealReading, startBrokerBench, type TestDevice } from '../mqtt/broker-bench.ts';

function uplinkOf(bench: BrokerBench, device: TestDevice, onMessage: (bytes: Uint8Array) => void = () => {}): Uplink {
  const { thing, key, chain } = device;
  return createUplink({
    thing,
    host: '127.0.0.1',
    port: bench.port,
    identity: async () => ({ key, chain, ca: bench.authority.root }),
    onMessage,
    onStatus: () => {},
    queueLimit: 4,
  });
}

const outcomes = (bench: BrokerBench): readonly string[] =>
  bench.notices.flatMap((notice) => (notice.kind === 'received' ? [notice.outcome] : []));

test('what nobody acknowledged is said again, as a repetition, and counts once', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const uplink = uplinkOf(bench, device);
  context.after(() => uplink.close());
  await bench.noticed(({ kind }) => kind === 'connected');
  bench.live.hold();
  uplink.send(sealReading(device));
  uplink.send(sealReading(device));
  await bench.live.waiting(2);
  bench.live.fail();
  await bench.refused('not-durable');
  assert.equal(uplink.waiting, 2);
  bench.live.restore();
  await bench.noticed(() => outcomes(bench).length >= 2);
  // this platform forgot nothing: what was accepted before its store failed is known to be a repetition
  assert.deepEqual(outcomes(bench), ['redelivered', 'redelivered']);
  assert.equal(bench.live.records.filter(({ kind }) => kind === 'MessageReceived').length, 2);
});

test('messages wait for a platform that is away, in order, and the oldest give way', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  await bench.live.act((fleet) => fleet.noteConnection('cgm-1', 'disconnected'));
  bench.live.fail();
  const uplink = uplinkOf(bench, device);
  context.after(() => uplink.close());
  for (let count = 0; count < 6; count += 1) uplink.send(sealReading(device, 100 + count));
  assert.equal(uplink.waiting, 4);
  await bench.refused('not-durable');
  bench.live.restore();
  await bench.noticed(() => outcomes(bench).length >= 4);
  const sequences = bench.live.records
    .filter(({ kind }) => kind === 'MessageReceived')
    .map(({ body }) => (body as { readonly sequence: number }).sequence);
  assert.deepEqual(sequences, [2, 3, 4, 5]);
});

test('what is sealed for the device arrives', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const heard = new Promise<Uint8Array>((resolve) => {
    const uplink = uplinkOf(bench, device, resolve);
    context.after(() => uplink.close());
  });
  bench.broker.send('cgm-1', Uint8Array.of(1, 2, 3));
  assert.deepEqual(await heard, Uint8Array.of(1, 2, 3));
});
