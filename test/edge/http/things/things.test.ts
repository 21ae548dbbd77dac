import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { toHex } from '#base/bytes';
import { digestEnrolmentToken } from '#edge/pki/enrolment-token';
import { type HttpBench, openHttpBench } from '../http-bench.ts';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
});
after(() => bench.close());

const SUBJECT = { subject: 'p2', ward: 'ward-1' };
const PUMP = { thing: 'p2-pump', subject: 'p2', role: 'pump', model: 'insulin-pump' };

test('a subject is admitted once, by whoever may for that ward', async () => {
  const post = (body: unknown) => bench.ask('engineer', '/api/v1/subjects', { method: 'POST', body });
  assert.equal((await post({ ...SUBJECT, ward: 'ward-9' })).status, 403);
  assert.equal((await post(SUBJECT)).status, 201);
  assert.equal((await post(SUBJECT)).json()['type'], 'urn:wardtwin:problem:fleet.known-subject');
});

test('a device that is expected enrols by a token that is shown once and kept as a digest', async () => {
  const answer = await bench.ask('engineer', '/api/v1/things', { method: 'POST', body: PUMP });
  assert.equal(answer.status, 201, answer.text);
  const { enrolment } = answer.json<{ enrolment: { token: string; expiresAt: string } }>();
  const digest = toHex(digestEnrolmentToken(enrolment.token) ?? assert.fail('no token'));
  assert.equal(bench.live.fleet.registry.things.get('p2-pump')?.offer?.digest, digest);
  const read = await bench.ask('engineer', '/api/v1/things/p2-pump');
  assert.doesNotMatch(read.text, new RegExp(`${digest}|${enrolment.token}`));
  assert.partialDeepStrictEqual(read.json(), { status: 'expected', offerExpiresAt: enrolment.expiresAt });
  const granted = await bench.live.act((fleet) => fleet.redeemOffer('p2-pump', digest));
  assert.equal(granted, 'granted');
});

test('a device that is spoken for needs no token', async () => {
  const body = { ...PUMP, thing: 'p2-cgm', role: 'cgm', model: 'glucose-monitor', spokenFor: true };
  const answer = await bench.ask('engineer', '/api/v1/things', { method: 'POST', body });
  assert.partialDeepStrictEqual(answer.json(), { thing: { status: 'spoken-for' } });
  assert.equal(answer.json()['enrolment'], undefined);
});

test('what cannot be expected is said in a problem of its own', async () => {
  for (const [change, status, type] of [
    [{ thing: 'p2-other' }, 409, 'fleet.role-taken'],
    [{ thing: 'p2-x', role: 'x', model: 'toaster' }, 400, 'fleet.unknown-model'],
    [{ thing: 'p1-pump' }, 409, 'fleet.known-thing'],
  ] as const) {
    const answer = await bench.ask('engineer', '/api/v1/things', { method: 'POST', body: { ...PUMP, ...change } });
    assert.deepEqual([answer.status, answer.json()['type']], [status, `urn:wardtwin:problem:${type}`], answer.text);
  }
  assert.equal((await bench.ask('clinician', '/api/v1/things', { method: 'POST', body: PUMP })).status, 403);
});

test('a device is revoked by whoever may, unless it changed meanwhile', async () => {
  const read = await bench.ask('engineer', '/api/v1/things/p2-pump');
  const tag = String(read.headers['etag']);
  const path = '/api/v1/things/p2-pump?reason=lost';
  await bench.live.act((fleet) => fleet.noteConnection('p2-pump', 'connected'));
  bench.pass(1);
  await bench.live.act((fleet) => fleet.noteConnection('p2-pump', 'disconnected'));
  const stale = await bench.ask('engineer', path, { method: 'DELETE', headers: { 'if-match': tag } });
  assert.equal(stale.status, 412);
  assert.equal((await bench.ask('clinician', path, { method: 'DELETE' })).status, 403);
  assert.equal((await bench.ask('security', path, { method: 'DELETE' })).status, 204);
  assert.equal((await bench.ask('engineer', '/api/v1/things/p2-pump')).json()['status'], 'revoked');
  assert.equal((await bench.ask('security', '/api/v1/things/nothing?reason=x', { method: 'DELETE' })).status, 404);
});

test('pages follow each other by an opaque cursor until all was seen once', async () => {
  const seen: string[] = [];
  let path: string | undefined = '/api/v1/things?limit=2';
  while (path !== undefined) {
    const answer = await bench.ask('engineer', path);
    const { things, next } = answer.json<{ things: { thing: string }[]; next?: string }>();
    assert.ok(things.length <= 2);
    seen.push(...things.map(({ thing }) => thing));
    const link = /<([^>]+)>; rel="next"/.exec(String(answer.headers['link'] ?? ''))?.[1];
    assert.equal(link === undefined, next === undefined);
    path = link;
  }
  assert.deepEqual(seen, ['p1-cgm', 'p1-gateway', 'p1-handset', 'p1-pump', 'p2-cgm', 'p2-pump']);
  assert.equal((await bench.ask('stranger', '/api/v1/things')).json<{ things: [] }>().things.length, 0);
});
