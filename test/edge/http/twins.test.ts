import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '#base/time';
import { START } from '../live/live-bench.ts';
import { type HttpBench, openHttpBench } from './http-bench.ts';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
  await bench.ward.tell('cgm', { glucose: 123 });
  await bench.ward.tell('pump', { basalRate: 0.8, reservoir: 150 });
});
after(() => bench.close());

test('a twin tells what its devices reported, with units, and how stale it is', async () => {
  bench.pass(MINUTE);
  const answer = await bench.ask('clinician', '/api/v1/twins/p1');
  assert.equal(answer.status, 200, answer.text);
  assert.partialDeepStrictEqual(answer.json(), {
    subject: 'p1',
    ward: 'ward-1',
    at: new Date(START + MINUTE).toISOString(),
    reported: {
      cgm: { glucose: { value: 123, unit: 'mg/dL', at: new Date(START).toISOString() } },
      pump: { basalRate: { value: 0.8, unit: '[iU]/h' } },
    },
    incidents: [],
  });
  const { things } = answer.json<{ things: readonly { role: string; stalenessMs?: number }[] }>();
  assert.equal(things.find(({ role }) => role === 'cgm')?.stalenessMs, MINUTE);
  assert.equal(things.find(({ role }) => role === 'handset')?.stalenessMs, undefined);
});

test('nobody sees anything without a session or a token', async () => {
  for (const path of ['/api/v1/twins', '/api/v1/twins/p1', '/api/v1/wards', '/api/v1/stream']) {
    const answer = await bench.ask(undefined, path);
    assert.equal(answer.status, 401);
    assert.match(String(answer.headers['www-authenticate']), /^Bearer/);
    assert.equal(answer.json()['type'], 'urn:wardtwin:problem:unauthenticated');
  }
});

test('a twin that one may not see and one that is not there look the same', async () => {
  const [hidden, absent] = await Promise.all([
    bench.ask('stranger', '/api/v1/twins/p1'),
    bench.ask('stranger', '/api/v1/twins/p7'),
  ]);
  assert.equal(hidden.status, 404);
  assert.equal(hidden.text, absent.text);
  const listed = await bench.ask('stranger', '/api/v1/twins');
  assert.deepEqual(listed.json(), { twins: [] });
});

test('what did not change is not sent again, and what did is', async () => {
  const first = await bench.ask('clinician', '/api/v1/twins/p1');
  const tag = String(first.headers['etag']);
  const again = await bench.ask('clinician', '/api/v1/twins/p1', { headers: { 'if-none-match': tag } });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
  await bench.ward.tell('cgm', { glucose: 124 });
  const changed = await bench.ask('clinician', '/api/v1/twins/p1', { headers: { 'if-none-match': tag } });
  assert.equal(changed.status, 200);
});

test('any read may be of the past', async () => {
  const then = new Date(START).toISOString();
  bench.pass(MINUTE);
  await bench.ward.tell('cgm', { glucose: 200 });
  const past = await bench.ask('clinician', `/api/v1/twins/p1?at=${then}`);
  assert.partialDeepStrictEqual(past.json(), { reported: { cgm: { glucose: { value: 123 } } } }, past.text);
  const property = await bench.ask('clinician', `/api/v1/twins/p1/things/cgm/properties/glucose?at=${START}`);
  assert.equal(property.json()['value'], 123);
  const now = await bench.ask('clinician', '/api/v1/twins/p1/things/cgm/properties/glucose');
  assert.equal(now.json()['value'], 200);
  const before = await bench.ask('clinician', `/api/v1/twins/p1?at=${START - 1}`);
  assert.equal(before.status, 404);
  const nonsense = await bench.ask('clinician', '/api/v1/twins/p1?at=yesterday');
  assert.equal(nonsense.json()['type'], 'urn:wardtwin:problem:bad-instant');
});

test('what does not fit its schema is refused and named, and nothing is left out in silence', async () => {
  const unknown = await bench.ask('clinician', '/api/v1/twins?limit=5&wrad=ward-1');
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /wrad/);
  const tooMany = await bench.ask('clinician', '/api/v1/twins?limit=100000');
  assert.equal(tooMany.status, 400);
  const misnamed = await bench.ask('clinician', '/api/v1/twins/UPPER');
  assert.equal(misnamed.status, 400);
});

test('a cursor of somebody else is refused', async () => {
  const forged = await bench.ask('clinician', '/api/v1/twins?cursor=Li4vLi4');
  assert.equal(forged.json()['type'], 'urn:wardtwin:problem:bad-cursor');
});

test('a device that claims an impossible time breaks nothing', async () => {
  const at = Number.MAX_SAFE_INTEGER;
  const report = { kind: 'Report', thing: 'p1-cgm', sentAt: at, measurements: [{ name: 'glucose', value: 150, at }] };
  const sealed = bench.ward.endpoints.get('cgm')!.seal(report as never);
  const outcome = (await bench.ward.send(sealed)).outcome;
  const answer = await bench.ask('clinician', '/api/v1/twins/p1');
  assert.equal(answer.status, 200, `${outcome} ${answer.text}`);
});

test('every answer is safe for a browser, and nobody in between keeps it', async () => {
  for (const path of ['/api/v1/twins/p1', '/api/v1/nothing', '/livez']) {
    const { headers } = await bench.ask('clinician', path);
    assert.match(String(headers['strict-transport-security']), /max-age=\d{7,}/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.equal(headers['cache-control'], 'no-store');
  }
});

test('an unknown address is a problem as well', async () => {
  const answer = await bench.ask('clinician', '/api/v1/nothing');
  assert.equal(answer.status, 404);
  assert.equal(answer.headers['content-type'], 'application/problem+json');
});
