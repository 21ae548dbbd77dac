import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { MqttClient } from 'mqtt';
import { DAY } from '#base/time';
import { openCertificateAuthority } from '#edge/pki/certificate-authority';
import { createMemorySecrets } from '../pki/memory-desk.ts';
import { ending, issueCertificate, sealReading, startBrokerBench, type TestDevice } from './broker-bench.ts';

const up = (thing: string): string => `wardtwin/v1/${thing}/up`;
const down = (thing: string): string => `wardtwin/v1/${thing}/down`;
const nextMessage = (client: MqttClient): Promise<{ readonly topic: string; readonly bytes: Uint8Array }> =>
  new Promise((resolve) => {
    client.once('message', (topic, payload) => resolve({ topic, bytes: new Uint8Array(payload) }));
  });

test('a device hands in what it sealed, and the twin shows it', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const client = await bench.connect(device);
  await client.publishAsync(up('cgm-1'), sealReading(device, 123), { qos: 1 });
  const twin = bench.live.fleet.subject('subject-cgm-1')?.twin;
  assert.equal(JSON.stringify(twin).includes('123'), true);
  assert.deepEqual(
    bench.live.records.filter(({ kind }) => kind === 'DeviceConnected').map(({ body }) => body),
    [{ thing: 'cgm-1' }],
  );
  await client.endAsync();
  await bench.noticed(({ kind }) => kind === 'disconnected');
  assert.equal(bench.live.records.at(-1)?.kind, 'DeviceDisconnected');
});

test('default_refuse: no certificate, a foreign authority, an unknown, a revoked and an expired certificate', async (context) => {
  let ahead = 0;
  const bench = await startBrokerBench(context, { ahead: () => ahead });
  const device = await bench.enrol('cgm-1');
  const clock = { now: () => Date.now() };
  const foreign = await openCertificateAuthority({ secrets: createMemorySecrets(), clock });

  await assert.rejects(bench.connect({ thing: 'cgm-1', key: undefined as never, chain: undefined as never }));
  await assert.rejects(bench.connect({ thing: 'cgm-1', ...(await issueCertificate(foreign, 'cgm-1')) }));
  await bench.refused('handshake');
  // of our authority, and of no record: nobody could revoke it
  await assert.rejects(bench.connect({ thing: 'cgm-1', ...(await issueCertificate(bench.authority, 'cgm-1')) }));
  await bench.refused('not-certified');
  ahead = 8 * DAY;
  await assert.rejects(bench.connect(device));
  await bench.refused('not-a-device');
  ahead = 0;
  await bench.live.act((fleet) => fleet.revokeThing('cgm-1', 'test', 'test'));
  await assert.rejects(bench.connect(device), /authorized/i);
});

test('nobody_holds_the_door: a handshake that never ends is ended, and one network has no more than its share', async (context) => {
  const bench = await startBrokerBench(context, { limits: { handshakeWithin: 80, connectionsOfOne: 3 } });
  const device = await bench.enrol('cgm-1');
  const knock = (): Socket => {
    const socket = connectPlain({ port: bench.port, host: '127.0.0.1' });
    socket.on('error', () => {});
    return socket.resume();
  };
  const silent = [knock(), knock(), knock(), knock()];
  await Promise.all(silent.map((socket) => once(socket, 'close')));
  await bench.refused('handshake');
  await bench.connect(device);
});

test('a broker that closes waits for no handshake', async (context) => {
  const bench = await startBrokerBench(context, { limits: { handshakeWithin: DAY } });
  const silent = connectPlain({ port: bench.port, host: '127.0.0.1' }).resume();
  silent.on('error', () => {});
  const device = await bench.enrol('cgm-1');
  await bench.connect(device);
  await Promise.all([bench.broker.close(), once(silent, 'close')]);
});

test('a device speaks on its own topic and on no other', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const victim = await bench.enrol('cgm-2');
  const listener = await bench.connect(victim);
  await listener.subscribeAsync(down('cgm-2'));
  const heard: string[] = [];
  listener.on('message', (topic) => heard.push(topic));

  const wrong: [string, object, string][] = [
    [up('cgm-2'), { qos: 1 }, 'foreign-topic'],
    [down('cgm-2'), { qos: 1 }, 'foreign-topic'],
    ['$SYS/anything', { qos: 0 }, 'foreign-topic'],
    [up('cgm-1'), { qos: 1, retain: true }, 'retained'],
    [up('cgm-1'), { qos: 2 }, 'quality-of-service'],
  ];
  for (const [topic, options, reason] of wrong) {
    const client = await bench.connect(device);
    const isClosed = ending(client);
    client.publish(topic, sealReading(device), options, () => {});
    await isClosed;
    const last = bench.notices.findLast(({ kind }) => kind === 'refused');
    assert.deepEqual(last, { kind: 'refused', reason, thing: 'cgm-1' });
  }
  for (const topic of [down('cgm-2'), up('cgm-1'), '#', 'wardtwin/v1/+/down', '$SYS/#']) {
    const client = await bench.connect(device);
    const isClosed = ending(client);
    client.subscribe(topic, () => {});
    await isClosed;
  }
  const will = { topic: up('cgm-2'), payload: Buffer.from('x'), qos: 1 as const, retain: true };
  await assert.rejects(bench.connect(device, { will }));
  await bench.refused('will');
  assert.deepEqual(heard, []);
  assert.equal(
    bench.live.records.some(({ kind }) => kind === 'MessageReceived'),
    false,
  );
});

test('a_puback_means_durable', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const client = await bench.connect(device);
  await bench.noticed(({ kind }) => kind === 'connected');
  bench.live.hold();
  let isAcknowledged = false;
  const acknowledged = client.publishAsync(up('cgm-1'), sealReading(device), { qos: 1 }).then(() => {
    isAcknowledged = true;
  });
  await bench.live.waiting(1);
  assert.equal(isAcknowledged, false);
  bench.live.release();
  await acknowledged;
});

test('what could not be made durable is not acknowledged, and comes again once', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const client = await bench.connect(device);
  const message = sealReading(device, 150);
  await bench.noticed(({ kind }) => kind === 'connected');
  bench.live.hold();
  const lost = client.publishAsync(up('cgm-1'), message, { qos: 1 });
  lost.catch(() => {});
  await bench.live.waiting(1);
  const isClosed = ending(client);
  bench.live.fail();
  await isClosed;
  await bench.refused('not-durable');
  await assert.rejects(bench.connect(device), /unavailable/i);

  bench.live.restore();
  // this double keeps the state of what it lost; the real one starts from what was kept. Either way nothing is doubled.
  const before = bench.live.records.filter(({ kind }) => kind === 'MessageReceived').length;
  const again = await bench.connect(device);
  await again.publishAsync(up('cgm-1'), message, { qos: 1, dup: true });
  await again.publishAsync(up('cgm-1'), message, { qos: 1, dup: true });
  assert.equal(bench.live.records.filter(({ kind }) => kind === 'MessageReceived').length, before);
  const refusals = bench.live.records.filter(({ kind }) => kind === 'MessageRefused').map(({ body }) => body);
  assert.deepEqual(
    refusals.map((body) => (body as { readonly reason: string }).reason),
    ['redelivered', 'redelivered'],
  );
});

test('revocation_is_effective_at_once', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const other = await bench.enrol('cgm-2');
  const client = await bench.connect(device);
  const untouched = await bench.connect(other);
  const isClosed = ending(client);
  await bench.live.act((fleet) => fleet.revokeThing('cgm-1', 'test', 'stolen'));
  await isClosed;
  await bench.refused('revoked');
  await assert.rejects(bench.connect(device));
  await untouched.publishAsync(up('cgm-2'), sealReading(other), { qos: 1 });
});

test('a connection ends with its certificate', async (context) => {
  let ahead = 0;
  const bench = await startBrokerBench(context, { ahead: () => ahead, limits: { sweepEvery: 20 } });
  const device = await bench.enrol('cgm-1');
  const client = await bench.connect(device);
  const isClosed = ending(client);
  ahead = 8 * DAY;
  await isClosed;
  await bench.refused('certificate-expired');
});

test('a second connection of a thing replaces the first', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  const first = await bench.connect(device, { clientId: 'one' });
  const isClosed = ending(first);
  const second = await bench.connect(device, { clientId: 'two' });
  await isClosed;
  await second.publishAsync(up('cgm-1'), sealReading(device), { qos: 1 });
  assert.equal(bench.live.fleet.registry.things.get('cgm-1')?.connection.state, 'connected');
});

test('a command reaches the device, and its answer the platform', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('handset-1', { role: 'handset', model: 'handset' });
  bench.live.onEffect((effect) => {
    if (effect.kind === 'dispatch') bench.broker.send(effect.thing, effect.bytes);
  });
  const requester = {
    id: 'nurse',
    kind: 'person',
    credential: 'session/test',
    epoch: 0,
    authorization: { outcome: 'permit', determinedBy: [], reasons: [] },
  } as const;
  // before the device is there: it waits for it
  const answer = await bench.live.act((fleet) =>
    fleet.request('subject-handset-1', requester, {
      thing: 'handset',
      action: 'alert',
      input: { text: 'call the ward' },
    }),
  );
  assert.equal(answer.outcome, 'permitted', answer.reasons.join());
  const client = await bench.connect(device);
  const message = nextMessage(client);
  await client.subscribeAsync(down('handset-1'), { qos: 1 });
  const { topic, bytes } = await message;
  assert.equal(topic, down('handset-1'));
  const opened = device.endpoint.openCommand(bytes);
  assert.equal(opened.kind, 'OpenedCommand');
  if (opened.kind !== 'OpenedCommand') return;
  const { id: commandId } = opened.command;
  const acknowledgement = {
    kind: 'Acknowledgement',
    thing: 'handset-1',
    commandId,
    outcome: 'done',
    at: Date.now(),
  } as const;
  await client.publishAsync(up('handset-1'), Buffer.from(device.endpoint.seal(acknowledgement)), { qos: 1 });
  assert.equal(bench.live.fleet.subject('subject-handset-1')?.commands.at(-1)?.status, 'done');
});

async function rawConnection(
  bench: Awaited<ReturnType<typeof startBrokerBench>>,
  device: TestDevice,
): Promise<TLSSocket> {
  const socket = connectTls({
    host: '127.0.0.1',
    port: bench.port,
    ca: bench.authority.root,
    key: device.key,
    cert: device.chain,
    minVersion: 'TLSv1.3',
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

const CONNECT = Buffer.from('101100044d5154540402003c00056367 6d2d31'.replaceAll(' ', ''), 'hex');

test('stopped_means_not_delivered: a command that waits for its device is withdrawn by the kill switch', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('handset-1', { role: 'handset', model: 'handset' });
  bench.live.onEffect((effect) => {
    if (effect.kind === 'dispatch') bench.broker.send(effect.thing, effect.bytes);
  });
  const requester = {
    id: 'nurse',
    kind: 'person',
    credential: 'session/test',
    epoch: 0,
    authorization: { outcome: 'permit', determinedBy: [], reasons: [] },
  } as const;
  const alert = (text: string) =>
    bench.live.act((fleet) =>
      fleet.request('subject-handset-1', requester, { thing: 'handset', action: 'alert', input: { text } }),
    );
  await alert('first');
  await bench.live.act((fleet) => fleet.setKillSwitch(true, 'nurse', 'something is wrong', 'home'));
  await bench.live.act((fleet) => fleet.setKillSwitch(false, 'administrator', 'it was not', 'home'));
  await alert('second');
  const client = await bench.connect(device);
  const message = nextMessage(client);
  await client.subscribeAsync(down('handset-1'), { qos: 1 });
  const opened = device.endpoint.openCommand((await message).bytes);
  assert.ok(opened.kind === 'OpenedCommand');
  assert.deepEqual(opened.command.input, { text: 'second' });
});

test('ten megabytes are refused by their announcement', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  for (const first of [Buffer.alloc(0), CONNECT]) {
    const socket = await rawConnection(bench, device);
    const isClosed = once(socket, 'close');
    // PUBLISH with a remaining length of 10 485 760, and not a byte of it
    socket.write(Buffer.concat([first, Buffer.from([0x32, 0x80, 0x80, 0x80, 0x05])]));
    await isClosed;
  }
  assert.equal(bench.notices.filter((notice) => notice.kind === 'refused' && notice.reason === 'too-large').length, 2);
});

test('whatever bytes come after the handshake, only their connection suffers', async (context) => {
  const bench = await startBrokerBench(context, { limits: { connectWithin: 300 } });
  const device = await bench.enrol('cgm-1');
  const garbage = [
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.alloc(600, 0xff),
    Buffer.from([0x00, 0x00]),
    Buffer.from([0x10, 0x00]),
    Buffer.from([0xc0, 0x00]),
    Buffer.concat([CONNECT, CONNECT]),
    Buffer.concat([CONNECT, Buffer.from([0x32, 0x02, 0x00, 0x09])]),
    Buffer.concat([CONNECT, Buffer.from([0xf0, 0x00])]),
    Buffer.concat([CONNECT, Buffer.from([0x82, 0x05, 0x00, 0x01, 0x00, 0x00, 0x01])]),
    CONNECT.subarray(0, 5),
  ];
  for (const bytes of garbage) {
    const socket = await rawConnection(bench, device);
    const isClosed = once(socket, 'close');
    socket.resume();
    socket.write(bytes);
    await isClosed;
  }
  const client = await bench.connect(device);
  await client.publishAsync(up('cgm-1'), sealReading(device), { qos: 1 });
});

test('a flood ends its connection and not the platform', async (context) => {
  const bench = await startBrokerBench(context, { limits: { messageBurst: 5, messageRefill: 60_000 } });
  const device = await bench.enrol('cgm-1');
  const client = await bench.connect(device);
  const isClosed = ending(client);
  for (let count = 0; count < 8; count += 1) client.publish(up('cgm-1'), sealReading(device), { qos: 1 }, () => {});
  await isClosed;
  await bench.refused('too-fast');
  assert.equal(bench.live.records.filter(({ kind }) => kind === 'MessageReceived').length, 5);
});

test('who does not read is sent away, and gets what is still of use when back', async (context) => {
  const bench = await startBrokerBench(context, { limits: { unreadBytes: 4_096 } });
  const device = await bench.enrol('cgm-1');
  const socket = await rawConnection(bench, device);
  const subscribe = Buffer.from(`0001${'0016'}${Buffer.from(down('cgm-1')).toString('hex')}01`, 'hex');
  socket.write(Buffer.concat([CONNECT, Buffer.from([0x82, subscribe.length]), subscribe]));
  await once(socket, 'data');
  await bench.noticed(({ kind }) => kind === 'connected');
  socket.pause();
  const message = new Uint8Array(16_000);
  let sent = 0;
  while (
    !bench.notices.some((notice) => notice.kind === 'refused' && notice.reason === 'slow-reader') &&
    sent < 5_000
  ) {
    bench.broker.send('cgm-1', message);
    sent += 1;
    if (sent % 16 === 0) await new Promise(setImmediate);
  }
  await bench.refused('slow-reader');
  socket.destroy();
  const client = await bench.connect(device);
  const again = nextMessage(client);
  await client.subscribeAsync(down('cgm-1'), { qos: 1 });
  assert.equal((await again).bytes.length, message.length);
});

test('a connection does not outlive its platform, and what was noted is put right', async (context) => {
  const bench = await startBrokerBench(context);
  const device = await bench.enrol('cgm-1');
  await bench.live.act((fleet) => fleet.noteConnection('cgm-1', 'connected'));
  const client = await bench.connect(device);
  const isClosed = ending(client);
  await bench.broker.close();
  await isClosed;
  assert.equal(bench.live.fleet.registry.things.get('cgm-1')?.connection.state, 'disconnected');
});
