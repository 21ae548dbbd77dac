import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RecordKind } from '#mirror/history/record';
import { type Asking, type HttpBench, type Name, openHttpBench } from './http-bench.ts';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
  await bench.ward.tell('cgm', { glucose: 120 });
});
after(() => bench.close());

/** What may be on record of a request that was refused: that it was. */
const ABOUT_REFUSALS: ReadonlySet<RecordKind> = new Set(['AccessRefused', 'AccessPermitted', 'CommandRefused']);

const KEY = { 'idempotency-key': 'a-key-for-this' };
const post = (body: unknown, headers: Readonly<Record<string, string>> = {}): Asking => ({
  method: 'POST',
  body,
  headers,
});
const put = (body: unknown, headers: Readonly<Record<string, string>> = {}): Asking => ({
  method: 'PUT',
  body,
  headers,
});
const remove = (headers: Readonly<Record<string, string>> = {}): Asking => ({ method: 'DELETE', headers });
const thing = (change: object): object => ({
  thing: 'p1-x',
  subject: 'p1',
  role: 'x',
  model: 'insulin-pump',
  ...change,
});
const STALE = { 'if-match': 'W/"another"' };
const command = (change: object): object => ({ thing: 'pump', action: 'suspend', input: {}, ...change });

/** Requests of people with every right to make them, each wrong in one way. */
const REFUSED: readonly (readonly [name: Name, path: string, asking: Asking, status: number])[] = [
  ['engineer', '/api/v1/subjects', post({ subject: 'p1', ward: 'ward-1' }), 409],
  ['engineer', '/api/v1/subjects', post({ subject: 'P9', ward: 'ward-1' }), 400],
  ['engineer', '/api/v1/subjects', post({ subject: 'p9', ward: 'ward-1', more: 1 }), 400],
  ['engineer', '/api/v1/subjects', post({ subject: 'p9' }), 400],
  ['engineer', '/api/v1/subjects', post('{"subject":'), 400],
  ['engineer', '/api/v1/subjects', post({ subject: 'p9', ward: 'ward-1' }, { 'idempotency-key': 'short' }), 400],
  ['engineer', '/api/v1/subjects', post('x'.repeat(70_000)), 413],
  ['engineer', '/api/v1/subjects', post('a=b', { 'content-type': 'application/xml' }), 415],
  ['engineer', '/api/v1/subjects', post('{"subject":"p9","ward":"\\ud800"}'), 400],
  ['engineer', '/api/v1/things', post(thing({ model: 'no-model' })), 400],
  ['engineer', '/api/v1/things', post(thing({ thing: 'p1-pump' })), 409],
  ['engineer', '/api/v1/things', post(thing({ role: 'pump' })), 409],
  ['engineer', '/api/v1/things', post(thing({ tokenLifetimeMin: 4 })), 400],
  ['engineer', '/api/v1/things', post(thing({ tokenLifetimeMin: 7 * 24 * 60 + 1 })), 400],
  ['engineer', '/api/v1/things/p1-cgm?reason=lost', remove(STALE), 412],
  ['engineer', '/api/v1/things/p1-cgm', remove(), 400],
  ['engineer', `/api/v1/things/p1-cgm?reason=${'x'.repeat(201)}`, remove(), 400],
  ['engineer', '/api/v1/things/no-thing?reason=lost', remove(), 403],
  ['security', '/api/v1/kill-switch', put({ thrown: true, reason: 'drill' }, STALE), 412],
  ['security', '/api/v1/kill-switch', put({ thrown: true, reason: '' }), 400],
  ['security', '/api/v1/kill-switch', put({ thrown: true, reason: 'x'.repeat(201) }), 400],
  ['security', '/api/v1/kill-switch', put({ thrown: 'true', reason: 'drill' }), 400],
  ['security', '/api/v1/kill-switch', put({ thrown: true, reason: 'drill', ward: 'no-ward' }), 404],
  ['clinician', '/api/v1/twins/p1/commands', post(command({})), 400],
  ['clinician', '/api/v1/twins/p1/commands', post(command({ action: 'explode' }), KEY), 404],
  ['clinician', '/api/v1/twins/p1/commands', post(command({ thing: 'toaster' }), KEY), 404],
  ['clinician', '/api/v1/twins/p1/commands', post(command({ input: { units: 1 } }), KEY), 400],
  ['clinician', '/api/v1/twins/p1/commands', post(command({ action: 'bolus', input: { units: 'all' } }), KEY), 400],
  ['clinician', '/api/v1/twins/p1/commands', post(command({ more: 1 }), KEY), 400],
  ['clinician', '/wot/things/p1-pump/actions/explode', post({}), 404],
  ['clinician', '/wot/things/p1-pump/actions/bolus', post({}), 400],
  ['clinician', '/wot/things/p1-pump/actions/bolus', post({ units: [1] }), 400],
  ['clinician', '/api/v1/twins/p1/forks', post({ changes: [], attack: { technique: 'x', parameters: {} } }), 400],
  ['clinician', '/api/v1/twins/p1/forks', post({ changes: [] }), 409],
  ['clinician', '/api/v1/twins/p1/forks', post({ changes: [], at: 'some day' }), 400],
  ['engineer', '/api/v1/twins/p1/commission', post({ from: 'then', to: '2' }), 400],
  ['engineer', '/api/v1/twins/p1/commission', post({ from: '1', to: '2' }), 409],
  ['auditor', '/api/v1/twins/p1/commission', post({ from: '1', to: '2' }), 403],
];

test('refused_changes_nothing: whatever is wrong with a request, nothing is on record of it but that it was refused', async () => {
  for (const [name, path, asking, status] of REFUSED) {
    const before = bench.live.history.size;
    const registry = JSON.stringify([
      ...bench.live.fleet.registry.things.values(),
      ...bench.live.fleet.registry.subjects.values(),
    ]);
    const answer = await bench.ask(name, path, asking);
    const what = `${name} ${asking.method} ${path} ${JSON.stringify(asking.body)?.slice(0, 80)}: ${answer.text}`;
    assert.equal(answer.status, status, what);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, what);
    const found = await bench.live.history.find({ after: before - 1, limit: 100 });
    const kinds = found.map((one) => (one.kind === 'read' ? one.record.kind : one.recordKind));
    assert.deepEqual(
      kinds.filter((kind) => !ABOUT_REFUSALS.has(kind)),
      [],
      what,
    );
    const after = JSON.stringify([
      ...bench.live.fleet.registry.things.values(),
      ...bench.live.fleet.registry.subjects.values(),
    ]);
    assert.equal(after, registry, what);
    assert.equal(bench.live.fleet.killSwitch, false, what);
  }
});

test('the same requests, right, are carried out', async () => {
  const right: readonly (readonly [Name, string, Asking, number])[] = [
    ['engineer', '/api/v1/subjects', post({ subject: 'p9', ward: 'ward-1' }), 201],
    ['engineer', '/api/v1/things', post(thing({ tokenLifetimeMin: 5 })), 201],
    ['engineer', '/api/v1/things', post(thing({ thing: 'p1-y', role: 'y', tokenLifetimeMin: 7 * 24 * 60 })), 201],
    ['security', '/api/v1/kill-switch', put({ thrown: true, reason: 'x'.repeat(200) }), 200],
    ['engineer', '/api/v1/things/p1-x?reason=lost', remove({ 'if-match': '*' }), 204],
  ];
  for (const [name, path, asking, status] of right) {
    const answer = await bench.ask(name, path, asking);
    assert.equal(answer.status, status, `${path}: ${answer.text}`);
  }
});
