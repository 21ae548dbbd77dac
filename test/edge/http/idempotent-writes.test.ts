import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RecordKind } from '#mirror/history/record';
import { type Asking, type HttpBench, openHttpBench } from './http-bench.ts';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
});
after(() => bench.close());

const post = (body: unknown, key: string, method = 'POST'): Asking => ({
  method,
  body,
  headers: { 'idempotency-key': key },
});
const expectation = (thing: string, role: string) => ({ thing, role, subject: 'p1', model: 'insulin-pump' });
const countOf = async (kind: RecordKind): Promise<number> =>
  (await bench.live.history.find({ kinds: [kind], limit: 1_000 })).length;

test('done_once: a request that is sent again is answered as before, and not done again', async () => {
  const wish = post(expectation('p1-spare', 'spare'), 'expect-a-spare-pump');
  const first = await bench.ask('engineer', '/api/v1/things', wish);
  assert.equal(first.status, 201, first.text);
  const offers = await countOf('EnrolmentOffered');
  const again = await bench.ask('engineer', '/api/v1/things', wish);
  assert.deepEqual([again.status, again.text], [201, first.text]);
  assert.equal(again.headers['location'], first.headers['location']);
  assert.deepEqual([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']], [undefined, 'true']);
  assert.equal(await countOf('EnrolmentOffered'), offers);
});

test('done_once: however many come at the same time', async () => {
  const offers = await countOf('EnrolmentOffered');
  const wish = post(expectation('p1-other', 'other'), 'expect-another-pump');
  const answers = await Promise.all(Array.from({ length: 5 }, () => bench.ask('engineer', '/api/v1/things', wish)));
  for (const { status, text } of answers) assert.ok(status === 201 || (status === 409 && /under-way/.test(text)), text);
  assert.equal(await countOf('EnrolmentOffered'), offers + 1);
});

test('a key belongs to one request of one credential', async () => {
  const key = 'one-key-for-two-things';
  const ask = (name: 'engineer' | 'security', body: unknown) => bench.ask(name, '/api/v1/things', post(body, key));
  assert.equal((await ask('engineer', expectation('p1-third', 'third'))).status, 201);
  assert.equal((await ask('engineer', expectation('p1-fourth', 'fourth'))).status, 422);
  // nobody is told by a key what somebody else was answered
  assert.equal((await ask('security', expectation('p1-third', 'third'))).status, 403);
  const malformed = await bench.ask('engineer', '/api/v1/things', post({}, 'short'));
  assert.equal(malformed.status, 400);
});

test('what was refused changed nothing, and may be asked for again with the same key', async () => {
  const wish = post({ subject: 'p7', ward: 'ward-1' }, 'admit-somebody-new');
  const refused = await bench.ask('clinician', '/api/v1/subjects', wish);
  assert.equal(refused.status, 403);
  const again = await bench.ask('clinician', '/api/v1/subjects', wish);
  assert.deepEqual([again.status, again.headers['idempotency-replayed']], [403, undefined]);
  assert.equal((await bench.ask('engineer', '/api/v1/subjects', wish)).status, 201);
  const known = await bench.ask('engineer', '/api/v1/subjects', wish);
  assert.deepEqual([known.status, known.headers['idempotency-replayed']], [201, 'true']);
});

test('accounts, tokens and the kill switch honour keys too; a session is never kept', async () => {
  const cookie = await bench.signIn('root');
  const headers = { cookie, origin: bench.origin, 'wardtwin-request': '1' };
  const asRoot = (path: string, asking: Asking) =>
    bench.ask(undefined, path, { ...asking, headers: { ...asking.headers, ...headers } });
  const wish = { name: 'pump-feed', displayName: 'Feed', kind: 'program', roles: [] };
  const account = post({ ...wish, ...bench.confirmation() }, 'account-of-a-feed');
  const created = await asRoot('/api/v1/accounts', account);
  assert.equal(created.status, 201, created.text);
  assert.equal((await asRoot('/api/v1/accounts', account)).text, created.text);
  const token = post({ label: 'mine', scope: ['readAccounts'], ...bench.confirmation() }, 'token-of-my-own');
  const issued = await asRoot('/api/v1/tokens', token);
  assert.equal(issued.status, 201, issued.text);
  assert.equal((await asRoot('/api/v1/tokens', token)).text, issued.text);
  const thrown = post({ thrown: true, reason: 'drill' }, 'throw-the-switch-once', 'PUT');
  for (let turn = 0; turn < 2; turn += 1) assert.equal((await asRoot('/api/v1/kill-switch', thrown)).status, 200);
  assert.equal(await countOf('KillSwitchThrown'), 1);
  await asRoot('/api/v1/kill-switch', post({ thrown: false, reason: 'over' }, 'release-the-switch', 'PUT'));
  const out = { method: 'DELETE', headers: { 'idempotency-key': 'sign-me-out-once' } };
  assert.equal((await asRoot('/api/v1/sessions/current', out)).status, 204);
  assert.equal((await asRoot('/api/v1/sessions/current', out)).status, 401);
});

test('what did not change is not sent again, whatever is read', async () => {
  for (const [name, path] of [
    ['clinician', '/api/v1/wards'],
    ['clinician', '/api/v1/twins'],
    ['engineer', '/api/v1/things'],
    ['engineer', '/things/urn:wardtwin:thing:p1-pump'],
    ['administrator', '/api/v1/accounts'],
    ['auditor', '/api/v1/history/records?order=oldest&limit=5'],
    ['clinician', '/fhir/Device/p1-pump'],
  ] as const) {
    const first = await bench.ask(name, path);
    assert.equal(first.status, 200, `${path} ${first.text}`);
    const tag = String(first.headers['etag']);
    assert.match(tag, /^W\/"/, path);
    const again = await bench.ask(name, path, { headers: { 'if-none-match': tag } });
    assert.deepEqual([again.status, again.text], [304, ''], path);
  }
});
