import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { toHex } from '#base/bytes';
import { DAY, MINUTE } from '#base/time';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { QUIET } from '../../../assure/monitor/observations.ts';
import { START } from '../../live/live-bench.ts';
import { type HttpBench, openHttpBench, PEOPLE } from '../http-bench.ts';
import { meanwhile } from '../meanwhile.ts';

const DAYS = 3;
const STEP = 5 * MINUTE;

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
  await livedDays(bench, DAYS);
});
after(() => bench.close());

/** Three meals a day with their boluses, and a sensor that shows their course. What is asked here is the way, not the fit. */
async function livedDays({ ward, pass }: HttpBench, days: number): Promise<void> {
  let bolus = 0;
  let carbohydrates = 0;
  for (let step = 0; step < (days * DAY) / STEP; step += 1) {
    pass(STEP);
    const minute = (step * 5) % 1_440;
    if ([480, 780, 1_140].includes(minute)) {
      bolus += 5;
      carbohydrates += 50;
    }
    const sinceMeal = Math.min(...[480, 780, 1_140].map((meal) => (minute - meal + 1_440) % 1_440));
    const glucose = Math.round(115 + 60 * (sinceMeal / 60) * Math.exp(1 - sinceMeal / 60) + ((step * 7) % 5));
    const delivered = step / 12 + bolus;
    const told = [
      ward.tell('cgm', { glucose, sensorAge: 1_500 + step * 5, battery: 90 - step / 100 }),
      ward.tell('pump', {
        ...QUIET.pump,
        basalDelivered: 10 + step / 12,
        bolusDelivered: 20 + bolus,
        reservoir: Math.max(0, 280 - delivered),
        battery: 100 - step / 100,
      }),
      ward.tell('handset', {
        ...QUIET.handset,
        glucoseUsed: glucose,
        commandedBolus: 20 + bolus,
        announcedCarbohydrates: carbohydrates,
      }),
    ];
    if (step % 12 === 11) await Promise.all(told);
  }
}

const HISTORY = '/api/v1/twins/p1/things/cgm/properties/glucose/history';

test('a property has a history at the resolution that is asked for', async () => {
  const to = START + DAYS * DAY;
  const answer = await bench.ask('clinician', `${HISTORY}?from=${to - DAY}&to=${to}&resolution=3600`);
  const told = answer.json<{ unit: string; buckets: { count: number; min: number; mean: number; max: number }[] }>();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(told.unit, 'mg/dL');
  assert.equal(told.buckets.length, 24);
  for (const { count, min, mean, max } of told.buckets) assert.ok(count === 12 && min <= mean && mean <= max);
  const states = await bench.ask('clinician', HISTORY.replace('cgm', 'pump').replace('glucose', 'deliveryState'));
  assert.equal(states.json<{ buckets: { last: string }[] }>().buckets.at(-1)?.last, 'delivering');
});

test('a series that would be too long, or of no period, is refused and says what would do', async () => {
  const long = await bench.ask('clinician', `${HISTORY}?from=${START}&to=${START + 30 * DAY}&resolution=60`);
  assert.equal(long.status, 400);
  assert.match(long.text, /resolution of `1800` s/);
  assert.equal((await bench.ask('clinician', `${HISTORY}?from=${START + DAY}&to=${START}`)).status, 400);
});

test('a twin is put into service with a model identified from its own history', async () => {
  const body = { from: new Date(START).toISOString(), to: new Date(START + DAYS * DAY).toISOString() };
  const path = '/api/v1/twins/p1/commission';
  assert.equal((await bench.ask('clinician', path, { method: 'POST', body })).status, 403);
  const answer = await bench.ask('engineer', path, { method: 'POST', body });
  assert.equal(answer.status, 200, answer.text);
  assert.ok(Number(answer.json()['readings']) > 800);
  const short = { from: body.from, to: new Date(START + DAY / 4).toISOString() };
  const few = await bench.ask('engineer', path, { method: 'POST', body: short });
  assert.equal(few.json()['type'], 'urn:wardtwin:problem:commission.too-few-readings');
  await livedDays(bench, 1 / 24);
});

test('a forecast has a band, and says how long supplies last', async () => {
  const answer = await bench.ask('clinician', '/api/v1/twins/p1/forecast?horizon=60');
  assert.equal(answer.status, 200, answer.text);
  const { glucose, supplies } = answer.json<{
    glucose: { points: { mean: number; low: number; high: number }[] };
    supplies: { property: string; left?: number; emptyAt?: string; unknown?: string }[];
  }>();
  assert.equal(glucose.points.length, 12);
  for (const { low, mean, high } of glucose.points) assert.ok(low <= mean && mean <= high);
  assert.deepEqual(
    supplies.map(({ property }) => property),
    ['reservoir', 'battery', 'battery', 'sensorAge'],
  );
  for (const { emptyAt, unknown } of supplies) assert.notEqual(emptyAt, undefined, unknown ?? '');
});

test('whether the band has held is told, of days that the model has not seen and of those it has', async () => {
  await livedDays(bench, 0.8);
  interface Judged {
    readonly heldOut: boolean;
    readonly coverage: readonly {
      horizonMin: number;
      readings: number;
      inside: number;
      below: number;
      above: number;
    }[];
  }
  const answer = await bench.ask('clinician', '/api/v1/twins/p1/forecast/coverage');
  assert.equal(answer.status, 200, answer.text);
  const { heldOut, coverage } = answer.json<Judged>();
  assert.equal(heldOut, true);
  assert.deepEqual(
    coverage.map(({ horizonMin }) => horizonMin),
    [30, 60, 120, 240],
  );
  for (const { readings, inside, below, above } of coverage)
    assert.ok(readings > 20 && readings === inside + below + above);
  const seen = await bench.ask(
    'clinician',
    `/api/v1/twins/p1/forecast/coverage?from=${START}&to=${START + DAYS * DAY}`,
  );
  assert.equal(seen.json<Judged>().heldOut, false);
  assert.equal((await bench.ask('stranger', '/api/v1/twins/p1/forecast/coverage')).status, 404);
});

test('a twin tells what it predicts, how far readings part from that, and by what it was commissioned', async () => {
  const { predicted, divergence, commissioned } = (await bench.ask('clinician', '/api/v1/twins/p1')).json<{
    predicted: { glucoseMgPerDl: number; deviationMgPerDl: number; stalenessMs: number };
    divergence: { glucoseMgPerDl: number };
    commissioned: { readings: number };
  }>();
  assert.ok(predicted.deviationMgPerDl > 0 && predicted.stalenessMs >= 0 && commissioned.readings > 800);
  const reading = (await bench.ask('clinician', HISTORY.replace('/history', ''))).json<{ value: number }>().value;
  assert.ok(Math.abs(predicted.glucoseMgPerDl + divergence.glucoseMgPerDl - reading) < 1e-9);
});

const FORKS = '/api/v1/twins/p1/forks';
const stateOf = (): string => toHex(encodeTwin(bench.live.fleet.subject('p1')!.twin));

test('fork_changes_nothing: a bolus on a fork lowers glucose there, and the twin is byte for byte what it was', async () => {
  const before = stateOf();
  const body = { horizonMin: 120, changes: [{ change: { kind: 'bolus', units: 3 } }] };
  const answer = await bench.ask('clinician', FORKS, { method: 'POST', body });
  assert.equal(answer.status, 201, answer.text);
  const { comparison, id } = answer.json<{ id: string; comparison: { differenceMgPerDl: number[] } }>();
  assert.ok(comparison.differenceMgPerDl.at(-1)! < -5);
  assert.equal(stateOf(), before);
  const [found] = await bench.live.history.find({ subject: 'p1', kinds: ['ForkCreated'], limit: 1, descending: true });
  assert.ok(found?.kind === 'read');
  assert.equal((found.record.body as { id: string }).id, id);
});

test('a fork may start in the past: from the twin as it was, meal or pump stopped', async () => {
  const at = bench.live.clock.now() - 6 * 60 * MINUTE;
  interface Forked {
    readonly at: string;
    readonly comparison: { readonly unforked: { mean: number[] }; readonly differenceMgPerDl: readonly number[] };
  }
  const fork = async (change: object, start?: number): Promise<Forked> => {
    const body = { changes: [{ change }], horizonMin: 120, ...(start === undefined ? {} : { at: String(start) }) };
    const answer = await bench.ask('clinician', FORKS, { method: 'POST', body });
    assert.equal(answer.status, 201, answer.text);
    await bench.ask('clinician', String(answer.headers['location']), { method: 'DELETE' });
    return answer.json<Forked>();
  };
  const now = await fork({ kind: 'meal', grams: 60 });
  const then = await fork({ kind: 'meal', grams: 60 }, at);
  assert.equal(then.at, new Date(at).toISOString());
  assert.notDeepEqual(then.comparison.unforked, now.comparison.unforked);
  const stopped = await fork({ kind: 'suspend', durationMin: 120 }, at);
  assert.deepEqual(stopped.comparison.unforked, then.comparison.unforked);
  for (const { comparison } of [now, then, stopped]) assert.ok(comparison.differenceMgPerDl.at(-1)! > 1);
  assert.equal((await bench.ask('clinician', FORKS, { method: 'POST', body: { at: '1' } })).status, 404);
});

test("a fork is its maker's alone, and gone when it was dropped", async () => {
  const answer = await bench.ask('clinician', FORKS, {
    method: 'POST',
    body: { changes: [{ startMin: 30, change: { kind: 'meal', grams: 40 } }] },
  });
  const place = String(answer.headers['location']);
  assert.equal((await bench.ask('clinician', place)).text, answer.text);
  const cookie = await bench.signIn('colleague');
  assert.equal((await bench.ask(undefined, place, { headers: { cookie } })).status, 404);
  const { roles, wards, patients } = PEOPLE.clinician;
  const maker = { name: 'clinician', displayName: 'clinician', roles, wards, patients };
  const narrow = await bench.access.programToken(maker, { label: 'narrow', scope: ['readTwin'] });
  const headers = { authorization: `Bearer ${narrow}` };
  assert.equal((await bench.ask(undefined, place, { headers })).status, 404, 'nor by a token of less scope');
  assert.equal((await bench.ask('clinician', place, { method: 'DELETE' })).status, 204);
  assert.equal((await bench.ask('clinician', place)).status, 404);
});

test('the same key is the same fork', async () => {
  const wish = {
    method: 'POST',
    body: { changes: [] },
    headers: { 'idempotency-key': 'one-fork-please' },
  } as const;
  const first = await bench.ask('clinician', FORKS, wish);
  const second = await bench.ask('clinician', FORKS, wish);
  assert.equal(first.json()['id'], second.json()['id']);
});

test('refused_changes_nothing: of many forks at once as many are on record as were made, and of one key there is one', async () => {
  const onRecord = async (): Promise<number> =>
    (await bench.live.history.find({ kinds: ['ForkCreated'], limit: 1_000 })).length;
  const fork = (key?: string) =>
    bench.ask('clinician', FORKS, {
      method: 'POST',
      body: { changes: [] },
      ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
    });
  const before = await onRecord();
  const same = await Promise.all(Array.from({ length: 4 }, () => fork('one-fork-of-four')));
  assert.ok(same.every(({ status, text }) => status === 201 || (status === 409 && /under-way/.test(text))));
  assert.equal(await onRecord(), before + 1);
  const many = (await Promise.all(Array.from({ length: 17 }, () => fork()))).map(({ status }) => status);
  const made = many.filter((status) => status === 201).length;
  assert.ok(made > 0 && made < 17 && many.every((status) => status === 201 || status === 429), String(many));
  assert.equal(await onRecord(), before + 1 + made);
});

test('an attack is played on a fork beside what would be without it, with and without defences, and reaches no device', async () => {
  const left: string[] = [];
  bench.live.onEffect(({ kind }) => left.push(kind));
  const before = stateOf();
  const cookie = await bench.signIn('colleague');
  const headers = { cookie, origin: bench.origin, 'wardtwin-request': '1' };
  const attack = { technique: 'injected-bolus', parameters: {} };
  const body = { horizonMin: 240, attack, seeds: 2, defences: ['none', 'all'] };
  const answer = await bench.ask(undefined, FORKS, { method: 'POST', headers, body });
  assert.equal(answer.status, 201, answer.text);
  const { outcome } = answer.json<{
    outcome: { byDefences: { defences: string; attacked: { totalDelivered: number } }[] };
  }>();
  const [none, all] = outcome.byDefences;
  assert.deepEqual([none!.defences, all!.defences], ['none', 'all']);
  assert.ok(none!.attacked.totalDelivered > all!.attacked.totalDelivered);
  assert.deepEqual([left, stateOf() === before], [[], true]);
  const unknown = { ...body, attack: { technique: 'wishful-thinking' } };
  const refused = await bench.ask(undefined, FORKS, { method: 'POST', headers, body: unknown });
  assert.equal(refused.json()['type'], 'urn:wardtwin:problem:fork.unknown-technique');
});

test('forks are for whoever may fork, and within bounds', async () => {
  const post = (body: unknown) => bench.ask('clinician', FORKS, { method: 'POST', body });
  assert.equal((await bench.ask('stranger', FORKS, { method: 'POST', body: {} })).status, 404);
  assert.equal((await bench.ask('reader', FORKS, { method: 'POST', body: {} })).status, 404);
  for (const body of [
    { horizonMin: 100_000 },
    { changes: [{ change: { kind: 'bolus', units: -1 } }] },
    { changes: [{ change: { kind: 'explode' } }] },
    { changes: new Array(17).fill({ change: { kind: 'none' } }) },
  ]) {
    assert.equal((await post(body)).status, 400);
  }
});

test('rights_at_effect: work that takes its time comes to nothing where its asker was revoked meanwhile', async () => {
  const period = { from: new Date(START).toISOString(), to: new Date(START + DAYS * DAY).toISOString() };
  const past = { changes: [], at: String(bench.live.clock.now() - 6 * 60 * MINUTE) };
  const counted = async () =>
    (await bench.live.history.find({ kinds: ['TwinCommissioned', 'ForkCreated'], limit: 99 })).length;
  const before = await counted();
  for (const [role, action, method, path, body] of [
    ['clinical-engineer', 'commissionTwin', 'messages', '/api/v1/twins/p1/commission', period],
    ['clinician', 'forkTwin', 'twinAt', FORKS, past],
  ] as const) {
    const program = { name: `brief-${role}`, displayName: role, roles: [role], wards: ['ward-1'], patients: ['p1'] };
    const token = await bench.access.programToken(program, { label: 'brief', scope: [action] });
    const headers = { authorization: `Bearer ${token}` };
    const revoke = async () => {
      const place = `/api/v1/tokens/${token.split('_')[1]}`;
      assert.equal((await bench.ask(undefined, place, { method: 'DELETE', headers })).status, 204);
    };
    const work = () => bench.ask(undefined, path, { method: 'POST', headers, body });
    const answer = await meanwhile(bench.live.history, method, work, revoke);
    assert.equal(answer.status, 403, answer.text);
    assert.deepEqual(answer.json()['determinedBy'], ['credential']);
  }
  assert.equal(await counted(), before);
});
