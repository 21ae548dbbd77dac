import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Caller } from '#edge/http/caller';
import { HTTP_LIMITS, type HttpLimits } from '#edge/http/http-limits';
import type { FeedItem, FeedWish } from '#edge/http/streams/feed';
import { createFeeds } from '#edge/http/streams/feeds';
import { createSocketSession, type SocketSession } from '#edge/http/streams/socket-session';
import { createSocketWatch } from '#edge/http/streams/socket-watch';
import { createChangeFeed } from '#edge/live/change-feed';
import type { HistoryRecord } from '#mirror/history/record';

const callerOf = (id: string, credential = `token/${id}`): Caller =>
  ({ principal: { id, credential } }) as unknown as Caller;

/** Feeds over changes that are made up, with rights that can be taken away. */
function openFeeds(limits: Partial<HttpLimits> = {}) {
  const changes = createChangeFeed();
  const history: HistoryRecord[] = [];
  const live = {
    changes,
    status: 'open',
    fleet: { registry: { things: new Map([['p1-cgm', { subject: 'p1', role: 'cgm' }]]) } },
    history: { find: async () => [] },
  };
  const forbidden = new Set<string>();
  const revocations = new Map<string, Set<() => void>>();
  const access = {
    onRevoked: (credential: string, listener: () => void) => {
      const listeners = revocations.get(credential) ?? new Set();
      revocations.set(credential, listeners.add(listener));
      return () => void listeners.delete(listener);
    },
  };
  const gate = {
    may: (_: Caller, action: string, { subject }: { subject: string }) =>
      !forbidden.has(subject) && !forbidden.has(action),
    twinOf: (subject: string) => ({ subject }),
    thingNamed: (thing: string) => (thing === 'p1-cgm' ? { subject: 'p1' } : undefined),
    insight: () => ({ reported: true }),
  };
  const all = { ...HTTP_LIMITS, heartbeat: 60_000, stalled: 60_000, ...limits };
  const feeds = createFeeds({ live, access, gate, limits: all } as never);
  const record = (kind: HistoryRecord['kind'], subject: string, body: HistoryRecord['body'] = {}): void => {
    const position = changes.next;
    const made = { kind, subject, at: 1_000 * position, body } as const;
    history.push(made);
    changes.publish([{ position, record: made }]);
  };
  const revoke = (credential: string): void => {
    for (const listener of [...(revocations.get(credential) ?? [])]) listener();
  };
  const listening = (credential: string): number => revocations.get(credential)?.size ?? 0;
  const context = { feeds, live, access, limits: all } as never;
  return { feeds, changes, live, forbidden, record, revoke, listening, context, limits: all };
}

/** Timers and clock that are moved by hand; what they set off has its turns. */
function movedTime(t: TestContext): (time: number) => Promise<void> {
  let passed = 0;
  t.mock.method(performance, 'now', () => 1_000_000 + passed);
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  return async (time) => {
    await turns();
    passed += time;
    t.mock.timers.tick(time);
    await turns();
  };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

const wish = (rest: Partial<FeedWish> = {}): FeedWish => ({ abort: () => {}, ...rest });

/** Takes from a feed what is told, without the comments. */
function reading(items: AsyncGenerator<FeedItem>) {
  const next = async (): Promise<FeedItem | undefined> => (await items.next()).value ?? undefined;
  const told = async (): Promise<string | undefined> => {
    const item = await next();
    return item === undefined
      ? undefined
      : item.kind === 'silence'
        ? 'silence'
        : `${item.event.type} ${item.event.position}`;
  };
  return { told, next };
}

const tooMany = { code: 'http.too-many-streams', message: 'too many streams are open; close one first' };

test('streams are bounded for one caller and in all, and a place is free again when one ends, however it does', async () => {
  const { feeds, revoke, listening } = openFeeds({ streams: 4, streamsOfOne: 2 });
  const [first, second] = [feeds.open(callerOf('anna'), wish()), feeds.open(callerOf('anna', 'session/x'), wish())];
  assert.throws(() => feeds.open(callerOf('anna'), wish()), tooMany);
  const third = feeds.open(callerOf('berta'), wish());
  const fourth = feeds.open(callerOf('carl'), wish());
  assert.throws(() => feeds.open(callerOf('dora'), wish()), tooMany);
  assert.equal(feeds.size, 4);
  first.end();
  first.end();
  assert.equal(feeds.size, 3, 'ended once');
  const fifth = feeds.open(callerOf('anna'), wish());
  assert.throws(() => feeds.open(callerOf('anna'), wish()), tooMany);
  revoke('session/x');
  assert.equal(feeds.size, 3);
  assert.equal(listening('session/x'), 0, 'nothing is left behind');
  feeds.open(callerOf('anna', 'session/x'), wish());
  feeds.closeAll();
  assert.equal(feeds.size, 0);
  for (const feed of [second, third, fourth, fifth]) {
    assert.deepEqual((await reading(feed.items()).told()) ?? 'over', 'silence');
  }
  feeds.open(callerOf('anna'), wish());
  feeds.open(callerOf('anna'), wish());
  feeds.closeAll();
});

test('a feed tells what is wanted and may be seen, from when it is read on, each event of a record and the last as such', async () => {
  const { feeds, record, forbidden } = openFeeds();
  const feed = feeds.open(
    callerOf('anna'),
    wish({ subjects: new Set(['p1', 'p2']), wants: (event) => event.type !== 'incident' }),
  );
  const { told, next } = reading(feed.items());
  record('TwinCommissioned', 'p1');
  assert.equal(await told(), 'silence', 'the connection holds');
  record('TwinCommissioned', 'p1');
  record('TwinCommissioned', 'p3');
  record('IncidentClosed', 'p1', { id: 'i', reason: '' });
  record('MinutePassed', 'platform');
  record('CommandTimedOut', 'p2', { id: 'c' });
  record('DeviceConnected', 'platform', { thing: 'p1-cgm' });
  record('DeviceConnected', 'platform', { thing: 'p9-cgm' });
  const item = await next();
  assert.ok(item?.kind === 'event' && item.isLast);
  assert.deepEqual(item.event, {
    type: 'twin',
    position: 1,
    subject: 'p1',
    at: '1970-01-01T00:00:01.000Z',
    what: 'commissioned',
  });
  assert.deepEqual([await told(), await told()], ['command 5', 'connection 6']);
  record('TwinCommissioned', 'p2');
  forbidden.add('p2');
  record('TwinCommissioned', 'p1');
  assert.equal(await told(), 'twin 9', 'rights are looked at again before an event leaves');
  forbidden.add('readThing');
  record('DeviceConnected', 'platform', { thing: 'p1-cgm' });
  record('TwinCommissioned', 'p1');
  assert.equal(await told(), 'twin 11');
  feed.end();
  assert.equal(await told(), undefined);
});

test('a silent feed is told to be one, that often', async (t) => {
  const pass = movedTime(t);
  const { feeds, record } = openFeeds({ heartbeat: 1_000 });
  const feed = feeds.open(callerOf('anna'), wish());
  const { told } = reading(feed.items());
  assert.equal(await told(), 'silence');
  let heard: string | undefined;
  void told().then((item) => {
    heard = item;
  });
  await pass(999);
  assert.equal(heard, undefined);
  await pass(1);
  assert.equal(heard, 'silence');
  record('TwinCommissioned', 'p1');
  assert.equal(await told(), 'twin 0');
  feed.end();
  assert.equal(await told(), undefined);
});

test('a client that takes nothing for so long is broken off, and one that takes goes on', async (t) => {
  const pass = movedTime(t);
  const { feeds } = openFeeds({ heartbeat: 100, stalled: 200 });
  const aborted: string[] = [];
  const open = (id: string) => feeds.open(callerOf(id), wish({ abort: () => void aborted.push(id) }));
  const items = open('anna').items();
  const taking = reading(open('berta').items());
  await Promise.all([items.next(), taking.told()]);
  for (let turn = 0; turn < 2; turn += 1) {
    const next = taking.told();
    await pass(99);
    assert.deepEqual(aborted, [], 'just in time');
    await pass(1);
    assert.equal(await next, 'silence');
  }
  assert.deepEqual([aborted, feeds.size], [['anna'], 1]);
  assert.equal((await items.next()).done, true);
  feeds.closeAll();
});

test('a feed about certain subjects ends when nothing of them may be told any more, and while the platform is away it does not', async (t) => {
  const pass = movedTime(t);
  const { feeds, live, forbidden } = openFeeds({ heartbeat: 100 });
  feeds.open(callerOf('anna'), wish({ subjects: new Set(['p1', 'p2']) }));
  feeds.open(callerOf('anna'), wish());
  forbidden.add('p1');
  await pass(100);
  assert.equal(feeds.size, 2, 'there is another one');
  live.status = 'unavailable';
  forbidden.add('p2');
  await pass(100);
  assert.equal(feeds.size, 2);
  live.status = 'open';
  await pass(50);
  assert.equal(feeds.size, 1, 'and who asks for all goes on');
  feeds.closeAll();
});

test('who comes back is told what was missed, and then what happens, without a gap between', async () => {
  const { feeds, record, live } = openFeeds();
  for (let count = 0; count < 5; count += 1) record('TwinCommissioned', 'p1');
  const feed = feeds.open(callerOf('anna'), wish({ after: 1, subjects: new Set(['p1']) }));
  const { told } = reading(feed.items());
  assert.deepEqual([await told(), await told()], ['silence', 'twin 2']);
  record('TwinCommissioned', 'p1');
  assert.deepEqual([await told(), await told(), await told()], ['twin 3', 'twin 4', 'twin 5']);
  const waiting = told();
  record('TwinCommissioned', 'p1');
  assert.equal(await waiting, 'twin 6');
  const next = told();
  await turns();
  live.status = 'unavailable';
  record('TwinCommissioned', 'p1');
  live.status = 'open';
  record('TwinCommissioned', 'p1');
  assert.equal(await next, 'twin 8', 'what a platform that is away would tell is not told');
  feed.end();
});

test('a record that cannot be read is nobody’s event, and a defect of ours is one', async () => {
  const { feeds, record, changes } = openFeeds();
  const feed = feeds.open(callerOf('anna'), wish());
  const { told } = reading(feed.items());
  await told();
  record('MessageReceived', 'p1', { sender: 'Bad' });
  record('TwinCommissioned', 'p1');
  assert.equal(await told(), 'twin 1');
  feed.end();
  assert.doesNotThrow(() => record('MessageReceived', 'p1', { sender: 'Bad' }), 'nobody listens any more');
  assert.equal(changes.next, 3);
});

/** A session on a socket that notes what it is told. */
function openSession(of: ReturnType<typeof openFeeds>) {
  const sent: Readonly<Record<string, unknown>>[] = [];
  const closed: string[] = [];
  let terminated = 0;
  let fails = false;
  const session: SocketSession = createSocketSession(of.context, callerOf('anna'), {
    send: (message, done) => {
      sent.push(message as Readonly<Record<string, unknown>>);
      setImmediate(() => done(fails ? new Error('gone') : undefined));
    },
    close: (code, reason) => closed.push(`${code} ${reason}`),
    terminate: () => {
      terminated += 1;
    },
  });
  const say = (message: object): void => session.receive(JSON.stringify(message));
  const fail = (): void => {
    fails = true;
  };
  return { session, say, sent, closed, settle: turns, fail, terminated: () => terminated };
}

test('a session has so many subscriptions, each id once, and one that ended makes room', async () => {
  const of = openFeeds();
  const { session, say, sent, settle } = openSession(of);
  for (let id = 0; id < 8; id += 1) say({ kind: 'subscribe', id: `s${id}` });
  say({ kind: 'subscribe', id: 's8' });
  say({ kind: 'unsubscribe', id: 's0' });
  await settle();
  say({ kind: 'subscribe', id: 's1' });
  say({ kind: 'subscribe', id: 's8' });
  await settle();
  const reason = 'the id is in use, or there are 8 subscriptions';
  const kinds = sent
    .filter(({ kind }) => kind !== 'silence')
    .map(({ kind, id, reason: why }) => [kind, id, ...(why === undefined ? [] : [why])]);
  assert.deepEqual(kinds, [
    ...Array.from({ length: 8 }, (_, id) => ['subscribed', `s${id}`]),
    ['refused', 's8', reason],
    ['ended', 's0'],
    ['refused', 's1', reason],
    ['subscribed', 's8'],
  ]);
  assert.equal(of.feeds.size, 8);
  session.end();
  assert.equal(of.feeds.size, 0);
});

test('a subscription that the platform refuses is told so, with the socket left open', async () => {
  const of = openFeeds({ streamsOfOne: 1 });
  const { say, sent, closed, settle } = openSession(of);
  say({ kind: 'subscribe', id: 'a' });
  say({ kind: 'subscribe', id: 'b' });
  await settle();
  assert.deepEqual(
    sent.filter(({ kind }) => kind === 'refused'),
    [{ kind: 'refused', id: 'b', reason: 'too many streams are open' }],
  );
  assert.deepEqual(closed, []);
  of.feeds.closeAll();
});

test('events are told with their places, from the position that was asked for', async () => {
  const of = openFeeds();
  for (let count = 0; count < 3; count += 1) of.record('TwinCommissioned', 'p1');
  const { say, sent, settle } = openSession(of);
  say({ kind: 'subscribe', id: 'a', subjects: ['p1'], after: 1 });
  await settle();
  const place = { type: 'twin', subject: 'p1', what: 'commissioned' };
  assert.deepEqual(sent, [
    { kind: 'subscribed', id: 'a' },
    { kind: 'silence', id: 'a', position: 2 },
    { kind: 'event', id: 'a', event: { ...place, position: 2, at: '1970-01-01T00:00:02.000Z' }, position: 2 },
  ]);
  say({ kind: 'subscribe', id: 'b', subjects: ['p1'], after: 99 });
  of.record('TwinCommissioned', 'p1');
  await settle();
  assert.deepEqual(
    sent
      .slice(3)
      .map(({ kind, id, position }) => [kind, id, position])
      .toSorted(),
    [
      ['subscribed', 'b', undefined],
      ['event', 'a', 3],
      ['silence', 'b', 3],
      ['event', 'b', 3],
    ].toSorted(),
    'one that asks for what is to come is told what comes',
  );
  of.feeds.closeAll();
});

test('messages of a client are bounded: twenty at once, and five more a second', (t) => {
  let passed = 0;
  t.mock.method(performance, 'now', () => 1_000_000 + passed);
  const { say, closed } = openSession(openFeeds());
  for (let count = 0; count < 20; count += 1) say({ kind: 'unsubscribe', id: 'none' });
  assert.deepEqual(closed, []);
  say({ kind: 'unsubscribe', id: 'none' });
  assert.deepEqual(closed, ['1008 too many messages']);
  passed += 199;
  say({ kind: 'unsubscribe', id: 'none' });
  assert.equal(closed.length, 2);
  passed += 1;
  say({ kind: 'unsubscribe', id: 'none' });
  assert.equal(closed.length, 2);
});

test('what is no subscription closes the socket, and a socket that takes nothing is given up', async () => {
  const longest = 'x'.repeat(32);
  const subjects = Array.from({ length: 64 }, (_, index) => `p${index}`);
  const of = openFeeds();
  const good = openSession(of);
  for (const message of [
    { kind: 'subscribe', id: longest, subjects },
    { kind: 'subscribe', id: 'a', after: 0 },
    { kind: 'subscribe', id: 'b', after: Number.MAX_SAFE_INTEGER },
    { kind: 'unsubscribe', id: longest },
  ]) {
    good.say(message);
  }
  assert.deepEqual(good.closed, []);
  for (const text of [
    undefined,
    'no json',
    'null',
    '{"kind":"subscribe"}',
    '{"kind":"subscribe","id":""}',
    `{"kind":"subscribe","id":"${longest}x"}`,
    '{"kind":"subscribe","id":"a","subjects":[]}',
    JSON.stringify({ kind: 'subscribe', id: 'a', subjects: [...subjects, 'p64'] }),
    '{"kind":"subscribe","id":"a","subjects":["P"]}',
    '{"kind":"subscribe","id":"a","after":-1}',
    '{"kind":"subscribe","id":"a","after":0.5}',
    '{"kind":"subscribe","id":"a","more":1}',
    '{"kind":"unsubscribe","id":"a","more":1}',
    '{"kind":"other","id":"a"}',
  ]) {
    const { session, closed } = openSession(of);
    session.receive(text);
    assert.deepEqual(closed, ['1008 not a subscription'], String(text));
  }
  const gone = openSession(of);
  gone.fail();
  gone.say({ kind: 'subscribe', id: 'a' });
  await gone.settle();
  assert.ok(gone.terminated() > 0);
  of.feeds.closeAll();
});

/** A socket of `ws`, as far as it is watched. */
function watchedSocket() {
  const listeners = new Map<string, (() => void)[]>();
  const told: string[] = [];
  const on = (event: string, listener: () => void): void => {
    listeners.set(event, [...(listeners.get(event) ?? []), listener]);
  };
  const emit = (event: string): void => {
    for (const listener of listeners.get(event) ?? []) listener();
  };
  const socket = {
    on,
    once: on,
    close: (code: number, reason: string) => void told.push(`${code} ${reason}`),
    terminate: () => void told.push('terminated'),
    ping: () => void told.push('ping'),
  };
  return { socket: socket as never, told, emit };
}

test('sockets of one caller are bounded, and a place is free when one closes', () => {
  const of = openFeeds({ streamsOfOne: 2 });
  const watch = createSocketWatch(of.context);
  const [first, second, third] = [watchedSocket(), watchedSocket(), watchedSocket()];
  const anna = callerOf('anna');
  assert.ok(watch.admits(first.socket, anna) && watch.admits(second.socket, anna));
  assert.equal(watch.admits(third.socket, anna), false);
  assert.deepEqual(third.told, ['1013 too many sockets']);
  assert.ok(watch.admits(watchedSocket().socket, callerOf('berta')));
  first.emit('close');
  assert.ok(watch.admits(watchedSocket().socket, anna));
  assert.equal(watch.admits(watchedSocket().socket, anna), false);
  second.emit('close');
  assert.ok(watch.admits(watchedSocket().socket, anna));
});

test('a socket ends with its credential, and one whose client is gone without a word is noticed', async (t) => {
  const pass = movedTime(t);
  const of = openFeeds({ stalled: 1_000 });
  const watch = createSocketWatch(of.context);
  const { socket, told, emit } = watchedSocket();
  watch.admits(socket, callerOf('anna', 'session/x'));
  of.revoke('session/x');
  assert.deepEqual(told.splice(0), ['1008 signed out']);
  const heard = watchedSocket();
  watch.admits(heard.socket, callerOf('berta'));
  await pass(999);
  assert.deepEqual([told, heard.told], [[], []]);
  for (let turn = 0; turn < 3; turn += 1) {
    await pass(1_000);
    heard.emit('pong');
  }
  assert.deepEqual(heard.told, ['ping', 'ping', 'ping']);
  assert.deepEqual(told.slice(0, 3), ['ping', 'terminated', 'ping']);
  for (const one of [emit, heard.emit]) one('close');
  assert.equal(of.listening('session/x'), 0);
  await pass(5_000);
  assert.equal(heard.told.length, 3, 'nothing more is asked of one that closed');
});
