import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fastify } from 'fastify';
import type { Caller } from '#edge/http/caller';
import { cursorAfter, idInCursor, MOST_ON_PAGE, nextLink, pageOf } from '#edge/http/cursor';
import { entityTag, isUnchanged, requireUnchanged } from '#edge/http/entity-tag';
import { createHeavyReads } from '#edge/http/heavy-reads';
import { HTTP_LIMITS, MOST_COUNTED } from '#edge/http/http-limits';
import { idempotencyKeyOf, requiredKeyOf } from '#edge/http/idempotency-key';
import { instantOf, isoOf } from '#edge/http/instant';
import { readAt, registryAt } from '#edge/http/instant-read';
import { addRateLimits, createPrincipalLimit } from '#edge/http/rate-limits';
import { sendProblem } from '#edge/http/send-problem';
import type { Api } from '#edge/http/type-provider';
import { requireWholeTexts } from '#edge/http/whole-texts';

const callerOf = (id: string): Caller => ({ principal: { id } }) as unknown as Caller;

test('bounds of the server are these', () => {
  assert.deepEqual(HTTP_LIMITS, {
    body: 65_536,
    headers: 16_384,
    headersWithin: 10_000,
    requestWithin: 30_000,
    keepAlive: 30_000,
    connections: 10_000,
    connectionsOfOne: 2_500,
    perNetwork: { burst: 1_000, refill: 2 },
    perPrincipal: { burst: 400, refill: 5 },
    commandsOfOne: { burst: 60, refill: 1_000 },
    heavyReads: 4,
    heavyReadsOfOne: 2,
    streams: 2_000,
    streamsOfOne: 16,
    heartbeat: 15_000,
    stalled: 60_000,
  });
  assert.equal(MOST_COUNTED, 20_000);
});

test('so many heavy reads run at once, of one caller and in all, and a place is free again however one ended', async () => {
  const heavy = createHeavyReads(3, 2);
  const gates: PromiseWithResolvers<string>[] = [];
  const start = (id: string): Promise<string> =>
    heavy.run(callerOf(id), () => {
      const gate = Promise.withResolvers<string>();
      gates.push(gate);
      return gate.promise;
    });
  const busy = { code: 'http.busy', message: 'too many reads of the past at once; wait for those under way' };
  const [first, second] = [start('anna'), start('anna')];
  await assert.rejects(start('anna'), busy, 'just out for one');
  const third = start('berta');
  await assert.rejects(start('carl'), busy, 'just out in all');
  assert.equal(gates.length, 3, 'what is refused is not begun');
  gates[0]!.resolve('done');
  assert.equal(await first, 'done');
  const fourth = start('carl');
  gates[1]!.reject(new Error('failed'));
  await assert.rejects(second, /failed/);
  const fifth = start('anna');
  await assert.rejects(start('anna'), busy);
  for (const gate of gates.slice(2)) gate.resolve('done');
  await Promise.all([third, fourth, fifth]);
  const again = [start('anna'), start('anna'), start('berta')];
  for (const gate of gates.slice(-3)) gate.resolve('done');
  await Promise.all(again);
});

test('a page holds so many and no more, and tells where the next one begins only where there is one', () => {
  const all = Array.from({ length: 120 }, (_, index) => `id-${String(index).padStart(3, '0')}`);
  const isId = (id: string): boolean => id.startsWith('id-');
  const page = (query: { limit?: number; cursor?: string }, isShown?: (item: string) => boolean) =>
    pageOf(all, (item) => item, query, isId, isShown);
  assert.deepEqual(page({ limit: 120 }), { items: all });
  assert.deepEqual(page({ limit: 119 }), { items: all.slice(0, 119), next: cursorAfter('id-118') });
  assert.deepEqual(page({}), { items: all.slice(0, 50), next: cursorAfter('id-049') });
  assert.deepEqual(page({ limit: 2, cursor: cursorAfter('id-117') }), { items: all.slice(118) });
  assert.deepEqual(page({ limit: 1, cursor: cursorAfter('id-117') }), {
    items: ['id-118'],
    next: cursorAfter('id-118'),
  });
  assert.deepEqual(page({ cursor: cursorAfter('id-119') }), { items: [] });
  assert.deepEqual(
    page({ limit: 2, cursor: cursorAfter('id-0005') }).items,
    ['id-001', 'id-002'],
    'one that is gone meanwhile',
  );
  const odd = (item: string): boolean => Number(item.slice(3)) % 2 === 1;
  assert.deepEqual(page({ limit: 2 }, odd), { items: ['id-001', 'id-003'], next: cursorAfter('id-003') });
  assert.deepEqual(page({ limit: 2, cursor: cursorAfter('id-115') }, odd), { items: ['id-117', 'id-119'] });
  assert.equal(MOST_ON_PAGE, 200);
  const walked: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, next }: { readonly items: readonly string[]; readonly next?: string } = page({
      limit: 7,
      ...(cursor === undefined ? {} : { cursor }),
    });
    walked.push(...items);
    if (next === undefined) break;
    cursor = next;
  }
  assert.deepEqual(walked, all, 'all of them, once');
});

test('a cursor is one of ours, or refused', () => {
  const isId = (id: string): boolean => /^[a-z0-9-]+$/.test(id);
  assert.equal(idInCursor(cursorAfter('p1-cgm'), isId), 'p1-cgm');
  for (const cursor of ['!', cursorAfter('NO'), Uint8Array.of(0xff).toBase64({ alphabet: 'base64url' }), '']) {
    assert.throws(() => idInCursor(cursor, isId), {
      code: 'http.bad-cursor',
      message: 'cursor: not one of ours; begin without one',
    });
  }
  assert.match(cursorAfter('a?>~'), /^[A-Za-z0-9_-]+$/);
  assert.equal(nextLink('/api/v1/things?limit=2&cursor=old', 'a_b'), '</api/v1/things?limit=2&cursor=a_b>; rel="next"');
  assert.equal(nextLink('/api/v1/things', 'a'), '</api/v1/things?cursor=a>; rel="next"');
});

test('an instant is ISO 8601 with a zone or milliseconds, from 1970 to the end of the year 9999', () => {
  const LATEST = 253_402_300_799_999;
  for (const [text, at] of [
    ['0', 0],
    [String(LATEST), LATEST],
    ['1970-01-01T00:00Z', 0],
    ['1970-01-01T00:00:01Z', 1_000],
    ['1970-01-01T00:00:00.5Z', 500],
    ['1970-01-01T01:00:00+01:00', 0],
    ['1970-01-01T01:00:00 01:00', 0],
    ['9999-12-31T23:59:59.999Z', LATEST],
  ] as const) {
    assert.equal(instantOf(text, 'at'), at, text);
  }
  for (const text of [
    String(LATEST + 1),
    '-1',
    '1.5',
    '1234567890123456',
    '1970-01-01',
    '1970-01-01T00:00:00',
    '1970-01-01T00:00:00.1234567891Z',
    ' 1970-01-01T00:00Z',
    '1970-01-01T00:00Z ',
    '1970-13-01T00:00Z',
    '1969-12-31T23:59Z',
    'x0',
    '0x',
    'now',
    '',
  ]) {
    assert.throws(() => instantOf(text, 'from'), {
      code: 'http.bad-instant',
      message: 'from: not ISO 8601 with a zone, nor milliseconds since 1970',
    });
  }
  assert.deepEqual([-5, 0, LATEST, LATEST + 1, 1e300].map(isoOf), [
    '1970-01-01T00:00:00.000Z',
    '1970-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999Z',
  ]);
});

test('what is now is read at once; of an instant, one to come being now, it takes a place among the heavy reads', async () => {
  const context = { heavy: createHeavyReads(1, 1), clock: { now: () => 5_000 } };
  const anna = callerOf('anna');
  const asked: number[] = [];
  const then = async (at: number): Promise<string> => {
    asked.push(at);
    return `at ${at}`;
  };
  assert.equal(
    readAt(context, anna, undefined, () => 'now', then),
    'now',
  );
  assert.equal(await readAt(context, anna, '4999', () => 'now', then), 'at 4999');
  assert.equal(await readAt(context, anna, '5001', () => 'now', then), 'at 5000');
  assert.throws(() => readAt(context, anna, 'soon', () => 'now', then), { code: 'http.bad-instant', message: /^at: / });
  const gate = Promise.withResolvers<string>();
  const slow = readAt(
    context,
    anna,
    '1',
    () => 'now',
    () => gate.promise,
  );
  await assert.rejects(async () => readAt(context, anna, '1', () => 'now', then), { code: 'http.busy' });
  gate.resolve('done');
  assert.equal(await slow, 'done');
  assert.deepEqual(asked, [4_999, 5_000]);
  const live = { fleet: { registry: 'now' }, history: { registryAt: async (at: number) => `then ${at}` } };
  const whole = { ...context, live } as unknown as Parameters<typeof registryAt>[0];
  assert.equal(registryAt(whole, anna, undefined), 'now' as never);
  assert.equal(await registryAt(whole, anna, '7'), 'then 7' as never);
});

test('a tag is compared weakly, and what somebody saw has to be so still', () => {
  const tag = entityTag(7);
  assert.equal(tag, 'W/"7"');
  const told: string[] = [];
  const reply = { header: (name: string, value: string) => void told.push(`${name}: ${value}`) } as never;
  const unchanged = (header: string | undefined): boolean =>
    isUnchanged({ headers: { 'if-none-match': header } } as never, reply, tag);
  for (const header of ['W/"7"', '"7"', ' W/"7" ', '*', ' * ', '"1", W/"7"', '"7" , "9"'])
    assert.equal(unchanged(header), true, header);
  for (const header of [undefined, '', '"8"', '7', 'W/"77"', '"1", "2"', 'xW/"7"', '**'])
    assert.equal(unchanged(header), false, String(header));
  assert.deepEqual(new Set(told), new Set(['etag: W/"7"']));
  const require = (header: string | undefined) => () =>
    requireUnchanged({ headers: { 'if-match': header } } as never, tag);
  for (const header of [undefined, '*', 'W/"7"', '"8", "7"']) assert.doesNotThrow(require(header), String(header));
  for (const header of ['', '"8"', 'W/"6"']) {
    assert.throws(require(header), {
      code: 'http.changed-meanwhile',
      message: 'if-match: read it again before you change it',
    });
  }
});

test('a key is 8 to 64 printable characters, and its owner’s alone', () => {
  const keyOf = (key: unknown, id = 'anna') =>
    idempotencyKeyOf({ headers: { 'idempotency-key': key } } as never, callerOf(id));
  assert.equal(keyOf(undefined), undefined);
  for (const key of ['x'.repeat(8), '!~'.repeat(32)]) assert.match(keyOf(key)!, /^[A-Za-z0-9_-]{43}$/);
  for (const key of [
    'x'.repeat(7),
    'x'.repeat(65),
    'x y'.repeat(4),
    `${'x'.repeat(8)}\n`,
    '\u00e4'.repeat(8),
    ['x'.repeat(8)],
    '',
  ]) {
    assert.throws(() => keyOf(key), {
      code: 'http.malformed',
      message: 'header idempotency-key: 8 to 64 printable characters, a new one for each request',
    });
  }
  const key = 'one-key-of-two';
  assert.equal(keyOf(key), keyOf(key));
  assert.notEqual(keyOf(key), keyOf(key, 'berta'));
  assert.notEqual(keyOf(key), keyOf(`${key}!`));
  assert.equal(requiredKeyOf({ headers: { 'idempotency-key': key } } as never, callerOf('anna')), keyOf(key));
  assert.throws(() => requiredKeyOf({ headers: {} } as never, callerOf('anna')), {
    code: 'http.no-idempotency-key',
    message: /^header idempotency-key: missing; send a new one with each command/,
  });
});

/** A clock that is moved by hand in the place of the real one. */
function movedTime(t: TestContext): (time: number) => void {
  let passed = 0;
  t.mock.method(performance, 'now', () => 1_000_000 + passed);
  return (time) => {
    passed += time;
  };
}

test('requests of a network are counted, a stranger’s dearer, and there are more with time', async (t) => {
  const pass = movedTime(t);
  const app = fastify() as unknown as Api;
  t.after(() => app.close());
  addRateLimits(app, { ...HTTP_LIMITS, perNetwork: { burst: 45, refill: 10 } });
  app.setErrorHandler(sendProblem);
  app.get('/open', async () => 'open');
  app.get('/closed', async (_, reply) => reply.code(401).send('who are you'));
  app.get('/refused', async (_, reply) => reply.code(403).send('not you'));
  const ask = async (path: string, from = '192.0.2.1'): Promise<number> =>
    (await app.inject({ url: path, remoteAddress: from })).statusCode;
  for (let count = 0; count < 45; count += 1)
    assert.equal(await ask(count % 2 === 0 ? '/open' : '/refused'), count % 2 === 0 ? 200 : 403);
  const refused = await app.inject({ url: '/open', remoteAddress: '192.0.2.1' });
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '1']);
  assert.match(refused.json<{ detail: string }>().detail, /too many requests of this network; wait a moment/);
  assert.equal(await ask('/open', '198.51.100.1'), 200, 'another network');
  pass(9);
  assert.equal(await ask('/open'), 429);
  pass(1);
  assert.deepEqual([await ask('/open'), await ask('/open')], [200, 429]);
  pass(450);
  // a request and twenty more each
  assert.deepEqual([await ask('/closed'), await ask('/closed')], [401, 401]);
  assert.deepEqual(
    [await ask('/open'), await ask('/open'), await ask('/open'), await ask('/open')],
    [200, 200, 200, 429],
  );
});

test('requests of an account are counted, each by itself', (t) => {
  const pass = movedTime(t);
  const take = createPrincipalLimit({ ...HTTP_LIMITS, perPrincipal: { burst: 3, refill: 10 } });
  for (let count = 0; count < 3; count += 1) take('anna');
  const tooMany = { code: 'http.too-many-requests', message: 'too many requests of this account; wait a moment' };
  assert.throws(() => take('anna'), tooMany);
  take('berta');
  pass(10);
  take('anna');
  assert.throws(() => take('anna'), tooMany);
});

test('half a character is refused wherever it is in a body, and nothing else is', async (t) => {
  const app = fastify() as unknown as Api;
  t.after(() => app.close());
  requireWholeTexts(app);
  app.setErrorHandler(sendProblem);
  app.post('/', async () => 'taken');
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  const post = async (payload: string, type = 'application/json'): Promise<number> =>
    (await app.inject({ method: 'POST', url: '/', payload, headers: { 'content-type': type } })).statusCode;
  const half = '"\\ud800"';
  for (const body of [
    half,
    `{"a":${half}}`,
    `{${half}:1}`,
    `[[[{"a":[1,${half}]}]]]`,
    `[null,${half}]`,
    `[${half},null]`,
  ]) {
    assert.equal(await post(body), 400, body);
  }
  for (const body of ['"\\ud83d\\ude00"', '{"a":null}', '[]', '0', 'false', 'null', '""', '{"a":{"b":[1,true,"x"]}}']) {
    assert.equal(await post(body), 200, body);
  }
  assert.equal(await post('\u00ff\u00fe', 'application/octet-stream'), 200);
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  assert.equal(await post(deep), 200, 'however deep it is nested');
});
