import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { toHex } from '#base/bytes';
import { HOUR } from '#base/time';
import { digestEnrolmentToken } from '#edge/pki/enrolment-token';
import { createEnrolmentDesk } from '#edge/serve/enrolment-desk';
import { type HttpBench, openHttpBench } from './http-bench.ts';
import { meanwhile } from './meanwhile.ts';

const IDS = { clinician: 'aaaaclinicianaaa', engineer: 'aaaaengineeraaaa' } as const;

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench(
    {},
    {
      root: { roles: ['administrator'], signsIn: true },
      clinician: { id: IDS.clinician, roles: ['clinician'], wards: ['ward-1'], patients: ['p1'] },
      engineer: { id: IDS.engineer, roles: ['clinical-engineer'], wards: ['ward-1'] },
    },
  );
  await bench.ward.tell('cgm', { glucose: 123 });
});
after(() => bench.close());

/** What an administrator does to an account of the bench. */
async function asRoot(path: string, body: object, method = 'POST'): Promise<void> {
  const cookie = await bench.signIn('root');
  const headers = { cookie, 'wardtwin-request': '1', 'sec-fetch-site': 'same-origin' };
  const given = { ...body, ...bench.confirmation() };
  const answer = await bench.ask(undefined, `/api/v1/accounts/${path}`, { method, body: given, headers });
  assert.ok(answer.status < 300, answer.text);
}
const give = (name: keyof typeof IDS, rights: object) => asRoot(IDS[name], rights, 'PATCH');

test('rights_at_effect: what was read while its reader lost the right to it is told to nobody', async () => {
  const read = (path: string) => bench.ask('clinician', path);
  const path = `/api/v1/twins/p1/things/cgm/properties/glucose?at=${bench.live.clock.now()}`;
  const before = await read(path);
  assert.equal(before.status, 200, before.text);
  const lost = await meanwhile(
    bench.live.history,
    'twinAt',
    () => read(path),
    () => give('clinician', { patients: [] }),
  );
  assert.equal(lost.status, 403, lost.text);
  assert.doesNotMatch(lost.text, /123/);
  assert.deepEqual(lost.json()['determinedBy'], ['default-refuse']);
  assert.equal(lost.headers['etag'], undefined);
  await give('clinician', { patients: ['p1'] });
  assert.equal((await read(path)).status, 200);
});

test('rights_at_effect: a long poll whose token was revoked ends without the value that there was', async () => {
  const issued = await bench.access.programToken(
    { name: 'poller', displayName: 'Poller', roles: ['clinician'], wards: ['ward-1'], patients: ['p1'] },
    { label: 'poll', scope: ['readTwin'] },
  );
  const headers = { authorization: `Bearer ${issued}` };
  const next = '/wot/things/p1-cgm/properties/glucose/next';
  const polling = bench.ask(undefined, next, { headers });
  while (bench.server.streams === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const [token] = Object.values(bench.access.state.tokens).filter(({ label }) => label === 'poll');
  assert.equal((await bench.ask(undefined, `/api/v1/tokens/${token!.id}`, { method: 'DELETE', headers })).status, 204);
  const answer = await polling;
  assert.equal(answer.status, 403, answer.text);
  assert.doesNotMatch(answer.text, /123/);
});

test('rights_at_effect: an offer enrols a device while whoever made it may enrol it, and no longer', async () => {
  const desk = createEnrolmentDesk(bench.live, bench.access);
  const offer = async (thing: string): Promise<string> => {
    const wish = { thing, subject: 'p1', role: thing, model: 'insulin-pump' };
    const answer = await bench.ask('engineer', '/api/v1/things', { method: 'POST', body: wish });
    assert.equal(answer.status, 201, answer.text);
    return answer.json<{ enrolment: { token: string } }>().enrolment.token;
  };
  const first = await offer('p1-first');
  assert.equal(desk.examine('p1-first', first), 'granted');
  assert.equal(await desk.redeem('p1-first', first), 'granted');
  assert.equal(await desk.redeem('p1-first', first), 'used');

  const second = await offer('p1-second');
  await give('engineer', { wards: ['ward-2'] });
  assert.equal(desk.examine('p1-second', second), 'withdrawn');
  assert.equal(await desk.redeem('p1-second', second), 'withdrawn');
  assert.equal(desk.examine('p1-second', first), 'unknown', 'only who has the token is told');
  await give('engineer', { wards: ['ward-1'] });
  assert.equal(desk.examine('p1-second', second), 'granted');
  await asRoot(`${IDS.engineer}/disable`, {});
  assert.equal(await desk.redeem('p1-second', second), 'withdrawn');
  const entry = bench.live.fleet.registry.things.get('p1-second');
  assert.equal(entry?.status, 'expected');
  assert.deepEqual(Object.keys(entry?.offer?.by ?? {}).sort(), ['account', 'credential', 'epoch']);
});

test('rights_at_effect: an offer that says not by whom it was made, as those of 0.2.0, enrols nothing', async () => {
  const desk = createEnrolmentDesk(bench.live, bench.access);
  const token = 'a'.repeat(32);
  const digest = digestEnrolmentToken(token);
  const expiresAt = bench.live.clock.now() + HOUR;
  const expect = (thing: string, by?: 'platform') => {
    const wish = { thing, subject: 'p1', role: thing, model: 'insulin-pump', speaksFor: [] };
    const made = { digest: toHex(digest!), expiresAt, ...(by === undefined ? {} : { by }) };
    return bench.live.act((fleet) => fleet.expectThing(wish, made));
  };
  await expect('p1-old');
  await expect('p1-own', 'platform');
  assert.equal(desk.examine('p1-old', token), 'withdrawn');
  assert.equal(await desk.redeem('p1-old', token), 'withdrawn');
  assert.equal(await desk.redeem('p1-own', token), 'granted');
});
