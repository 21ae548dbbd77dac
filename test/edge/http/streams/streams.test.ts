import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { MINUTE } from '#base/time';
import type { ChangePublisher } from '#edge/live/change-feed';
import { type HttpBench, openHttpBench } from '../http-bench.ts';
import { openEvents } from '../sse-client.ts';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench({ limits: { heartbeat: 200, stalled: 600 } });
});
after(() => bench.close());

test('a stream tells what devices report, when it is on disk, with its place in history', async () => {
  const events = await openEvents(bench, 'clinician', '/api/v1/twins/p1/stream');
  await bench.ward.tell('cgm', { glucose: 111, battery: 90 });
  const [first, second] = [await events.next(), await events.next()];
  assert.equal(first.event, 'property');
  assert.partialDeepStrictEqual(first.data, { subject: 'p1', thing: 'cgm', name: 'glucose', value: 111 });
  assert.equal(first.id, undefined);
  assert.partialDeepStrictEqual(second.data, { name: 'battery', value: 90 });
  assert.equal(Number(second.id), second.data['position']);
  events.close();
});

test('resumed_is_complete: whoever comes back gets what happened meanwhile, once, and then what happens', async () => {
  const first = await openEvents(bench, 'clinician', '/api/v1/twins/p1/stream');
  await bench.ward.tell('cgm', { glucose: 120 });
  const { id = '' } = await first.next();
  first.close();
  await bench.ward.tell('cgm', { glucose: 121 });
  await bench.ward.tell('cgm', { glucose: 122 });
  const again = await openEvents(bench, 'clinician', '/api/v1/twins/p1/stream', { 'last-event-id': id });
  assert.equal((await again.next()).data['value'], 121);
  assert.equal((await again.next()).data['value'], 122);
  await bench.ward.tell('cgm', { glucose: 123 });
  assert.equal((await again.next()).data['value'], 123);
  again.close();
});

test('a stream from the beginning of history tells of devices that enrolled too', async () => {
  const events = await openEvents(bench, 'clinician', '/api/v1/twins/p1/stream?after=0');
  assert.partialDeepStrictEqual((await events.next()).data, { type: 'twin', what: 'admitted' });
  assert.partialDeepStrictEqual((await events.next()).data, {
    type: 'connection',
    thing: 'gateway',
    state: 'expected',
  });
  assert.partialDeepStrictEqual((await events.next()).data, {
    type: 'connection',
    thing: 'gateway',
    state: 'enrolled',
  });
  events.close();
});

test('a place that history has not reached is refused', async () => {
  const answer = await bench.ask('clinician', '/api/v1/twins/p1/stream?after=999999');
  assert.equal(answer.status, 400);
});

test('seen_only_with_rights: nobody is told of what he may not read', async () => {
  assert.equal((await bench.ask('stranger', '/api/v1/twins/p1/stream')).status, 404);
  const stranger = await openEvents(bench, 'stranger', '/api/v1/stream');
  const clinician = await openEvents(bench, 'clinician', '/api/v1/stream');
  const seen: unknown[] = [];
  void stranger.next().then((event) => seen.push(event));
  await bench.ward.tell('cgm', { glucose: 130 });
  assert.equal((await clinician.next()).data['value'], 130);
  await bench.ward.tell('cgm', { glucose: 131 });
  await clinician.next();
  assert.deepEqual(seen, []);
  stranger.close();
  clinician.close();
});

test('revoked_means_silent: a stream ends at once when its token is revoked', async (context) => {
  const own = await openHttpBench();
  context.after(() => own.close());
  const events = await openEvents(own, 'clinician', '/api/v1/twins/p1/stream');
  const socket = await openSocket(own, 'clinician');
  socket.send(JSON.stringify({ kind: 'subscribe', id: 'a' }));
  await socket.next('subscribed');
  const [token] = Object.values(own.access.state.tokens).filter(({ label }) => label === 'clinician');
  const revoked = await own.ask('clinician', `/api/v1/tokens/${token!.id}`, { method: 'DELETE' });
  assert.equal(revoked.status, 204, revoked.text);
  await events.ended;
  assert.equal(await socket.closed, 1008);
});

test('a client that reads nothing is closed, and costs a bounded queue until then', async (context) => {
  const own = await openHttpBench({ limits: { heartbeat: 100, stalled: 300, streamsOfOne: 1 } });
  context.after(() => own.close());
  const stalled = await openEvents(own, 'clinician', '/api/v1/twins/p1/stream');
  stalled.response.pause();
  // the real feed has what is durable only: what the operating system buffers is filled sooner by large findings
  const feed = own.live.changes as ChangePublisher;
  const body = { rule: 'r', thing: 'cgm', confidence: 'possible', statement: 'x'.repeat(3_000), values: {} };
  const flood = (): void => {
    const record = { kind: 'FindingRaised', subject: 'p1', at: own.live.clock.now(), body } as const;
    for (let one = 0; one < 200; one += 1) feed.publish([{ position: feed.next, record }]);
  };
  for (;;) {
    flood();
    const another = await openEvents(own, 'clinician', '/api/v1/stream');
    another.close();
    if (another.status === 200) break;
    assert.equal(another.status, 429);
  }
  stalled.close();
});

test('a silent stream is kept open by comments', async () => {
  const events = await openEvents(bench, 'clinician', '/api/v1/twins/p1/stream');
  let chunks = '';
  events.response.on('data', (chunk: string) => {
    chunks += chunk;
  });
  const enough = Promise.withResolvers<void>();
  events.response.on('data', () => chunks.split(':\n\n').length > 2 && enough.resolve());
  await enough.promise;
  events.close();
});

test('one socket carries several subscriptions, with the same places as the streams', async () => {
  const socket = await openSocket(bench, 'clinician');
  socket.send(JSON.stringify({ kind: 'subscribe', id: 'all' }));
  socket.send(JSON.stringify({ kind: 'subscribe', id: 'one', subjects: ['p1'] }));
  await socket.next('subscribed');
  await socket.next('subscribed');
  await socket.next('silence');
  await socket.next('silence');
  await bench.ward.tell('cgm', { glucose: 140 });
  const told = [await socket.next('event'), await socket.next('event')];
  assert.deepEqual(new Set(told.map(({ id }) => id)), new Set(['all', 'one']));
  const { position, event } = told[0]!;
  assert.equal((event as { position: number }).position, position);
  socket.send(JSON.stringify({ kind: 'unsubscribe', id: 'all' }));
  assert.equal((await socket.next('ended')).id, 'all');
  socket.close();
});

test('a socket that says anything else, or too much, is closed', async () => {
  for (const message of ['{"kind":"command"}', 'no json', JSON.stringify({ kind: 'subscribe', id: 'a', more: 1 })]) {
    const socket = await openSocket(bench, 'clinician');
    socket.send(message);
    assert.equal(await socket.closed, 1008);
  }
  const large = await openSocket(bench, 'clinician');
  large.send('x'.repeat(100_000));
  assert.equal(await large.closed, 1009);
});

test('a socket needs a token, and a session of this site', async () => {
  const anonymous = new WebSocket(`${bench.origin.replace('https', 'wss')}/api/v1/ws`, { ca: bench.ca });
  const status = await new Promise((resolve) => {
    anonymous.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    anonymous.on('error', () => {});
  });
  assert.equal(status, 401);
});

test('revoked_means_closed: a socket ends with its token, whether anything is subscribed to or not', async (context) => {
  const own = await openHttpBench();
  context.after(() => own.close());
  const idle = await openSocket(own, 'clinician');
  const busy = await openSocket(own, 'clinician');
  busy.send(JSON.stringify({ kind: 'subscribe', id: 'a' }));
  await busy.next('subscribed');
  const [token] = Object.values(own.access.state.tokens).filter(({ label }) => label === 'clinician');
  await own.ask('clinician', `/api/v1/tokens/${token!.id}`, { method: 'DELETE' });
  assert.deepEqual(await Promise.all([idle.closed, busy.closed]), [1008, 1008]);
});

test('sockets of one caller are bounded', async (context) => {
  const own = await openHttpBench({ limits: { streamsOfOne: 2 } });
  context.after(() => own.close());
  const sockets = [await openSocket(own, 'clinician'), await openSocket(own, 'clinician')];
  assert.equal(await (await openSocket(own, 'clinician')).closed, 1013);
  sockets[0]!.close();
  await sockets[0]!.closed;
  const next = await openSocket(own, 'clinician');
  next.send(JSON.stringify({ kind: 'subscribe', id: 'a' }));
  await next.next('subscribed');
});

test('a client of a socket that is gone without a word is noticed', async (context) => {
  const own = await openHttpBench({ limits: { stalled: 60 } });
  context.after(() => own.close());
  const headers = { authorization: `Bearer ${own.token('clinician')}` };
  const url = `${own.origin.replace('https', 'wss')}/api/v1/ws`;
  const silent = new WebSocket(url, { ca: own.ca, headers, autoPong: false });
  assert.equal(await new Promise((resolve) => silent.on('close', resolve)), 1006);
});

test('streams of one caller are bounded', async (context) => {
  const own = await openHttpBench({ limits: { streamsOfOne: 2 } });
  context.after(() => own.close());
  const open = [
    await openEvents(own, 'clinician', '/api/v1/stream'),
    await openEvents(own, 'clinician', '/api/v1/stream'),
  ];
  const third = await own.ask('clinician', '/api/v1/stream');
  assert.equal(third.status, 429);
  assert.ok(third.headers['retry-after'] !== undefined);
  for (const one of open) one.close();
});

test('nothing is decoded while nobody listens, and a minute is no event', async () => {
  const events = await openEvents(bench, 'clinician', '/api/v1/twins/p1/stream');
  bench.pass(MINUTE);
  await bench.live.act((fleet) => ({ effects: fleet.tick() }));
  await bench.ward.tell('cgm', { glucose: 150 });
  assert.equal((await events.next()).event, 'property');
  events.close();
});

interface Socket {
  send(text: string): void;
  /** The next message of that kind; others are passed over. */
  next(kind: string): Promise<Readonly<Record<string, unknown>>>;
  readonly closed: Promise<number>;
  close(): void;
}

async function openSocket(of: HttpBench, name: 'clinician'): Promise<Socket> {
  const headers = { authorization: `Bearer ${of.token(name)}` };
  const socket = new WebSocket(`${of.origin.replace('https', 'wss')}/api/v1/ws`, { ca: of.ca, headers });
  const messages: Readonly<Record<string, unknown>>[] = [];
  let arrived = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    arrived.resolve();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.on('open', resolve));
  return {
    send: (text) => socket.send(text),
    closed,
    close: () => socket.close(),
    next: async (kind) => {
      for (;;) {
        const index = messages.findIndex((message) => message['kind'] === kind);
        if (index >= 0) return messages.splice(index, 1)[0]!;
        arrived = Promise.withResolvers();
        await arrived.promise;
      }
    },
  };
}
