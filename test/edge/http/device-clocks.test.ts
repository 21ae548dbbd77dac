import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import { keyThing } from '../live/live-bench.ts';
import { type HttpBench, openHttpBench } from './http-bench.ts';
import { openEvents } from './sse-client.ts';

const YEARS = 20 * 365 * 24 * HOUR;
const GLUCOSE = '/wot/things/p1-cgm/properties/glucose';

let bench: HttpBench;
before(async () => {
  bench = await openHttpBench();
});
after(() => bench.close());
beforeEach(() => bench.pass(HOUR));

/** A report of the monitor, sealed as its own, its stamp off by `off`. */
async function tell(values: Readonly<Record<string, ThingValue>>, off: Millis = 0): Promise<void> {
  const at = bench.live.clock.now() + off;
  const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at }));
  await bench.ward.send(
    bench.ward.endpoints.get('cgm')!.seal({ kind: 'Report', thing: 'p1-cgm', sentAt: at, measurements }),
  );
}

const read = async <T>(path: string): Promise<T> => {
  const answer = await bench.ask('clinician', path);
  assert.equal(answer.status, 200, answer.text);
  return answer.json<T>();
};
interface Reported {
  readonly value: number;
  readonly at: string;
}
interface TwinAnswer {
  readonly reported: Readonly<Record<string, Readonly<Record<string, Reported>>>>;
  readonly ahead: Readonly<Record<string, Readonly<Record<string, Reported>>>>;
}

test('no_stamp_freezes: twin, property, series and FHIR go on with what is true after a stamp ahead', async () => {
  for (const off of [HOUR, YEARS]) {
    await tell({ glucose: 120 });
    bench.pass(5 * MINUTE);
    await tell({ glucose: 134 }, off);
    const lied = await read<TwinAnswer>('/api/v1/twins/p1');
    assert.equal(lied.reported['cgm']?.['glucose']?.value, 120);
    assert.equal(lied.ahead['cgm']?.['glucose']?.value, 134);
    assert.equal(Date.parse(lied.ahead['cgm']!['glucose']!.at), bench.live.clock.now() + off, 'as said');
    for (const glucose of [55, 52, 48]) {
      bench.pass(5 * MINUTE);
      await tell({ glucose });
      const twin = await read<TwinAnswer>('/api/v1/twins/p1');
      assert.deepEqual([twin.reported['cgm']?.['glucose']?.value, twin.ahead], [glucose, {}]);
      assert.equal(await read(GLUCOSE), glucose);
      assert.equal(await read(`${GLUCOSE}?at=${bench.live.clock.now()}`), glucose);
    }
    const { buckets } = await read<{ buckets: readonly { readonly last: number }[] }>(
      `/api/v1/twins/p1/things/cgm/properties/glucose/history?from=${bench.live.clock.now() - 20 * MINUTE}`,
    );
    assert.deepEqual(
      buckets.map(({ last }) => last),
      [120, 55, 52, 48],
    );
    const { entry } = await read<{ entry: readonly { resource: { valueQuantity: { value: number } } }[] }>(
      '/fhir/Observation?patient=p1&device=p1-cgm&_count=4',
    );
    assert.deepEqual(
      entry.map(({ resource }) => resource.valueQuantity.value),
      [48, 52, 55, 120],
    );
  }
});

test('found at once, by name', async () => {
  await bench.live.act((fleet) => fleet.revokeThing('p1-handset', 'staff', 'lost'));
  bench.pass(HOUR);
  await tell({ glucose: 120 });
  bench.pass(5 * MINUTE);
  await tell({ glucose: 134 }, HOUR);
  const { findings } = await read<{
    findings: readonly Readonly<Record<'rule' | 'thing' | 'what' | 'values', unknown>>[];
  }>('/api/v1/twins/p1/findings?limit=1');
  assert.deepEqual(
    findings.map(({ rule, thing, what, values }) => ({ rule, thing, what, values })),
    [
      {
        rule: 'clock-drift',
        thing: 'cgm',
        what: 'ahead',
        values: { thing: 'cgm', seconds: 3_600, properties: 'glucose' },
      },
    ],
  );
});

test('who observes a property is told what became the newest, not what was held back', async () => {
  await tell({ glucose: 120 });
  const events = await openEvents(bench, 'clinician', `${GLUCOSE}/observe`);
  try {
    assert.equal(Number((await events.next()).data), 120);
    const held = bench.live.clock.now();
    bench.pass(10 * MINUTE);
    await tell({ glucose: 90 });
    await tell({ glucose: 200 }, held - bench.live.clock.now());
    await tell({ glucose: 210 }, HOUR);
    bench.pass(5 * MINUTE);
    await tell({ glucose: 80 });
    assert.deepEqual([(await events.next()).data, (await events.next()).data].map(Number), [90, 80]);
  } finally {
    events.close();
  }
});

test('a_new_key_begins_anew, and the past is told as it was', async () => {
  await tell({ glucose: 134, battery: 70 });
  bench.pass(MINUTE);
  const before = await read<TwinAnswer>('/api/v1/twins/p1');
  const beforeAt = bench.live.clock.now();
  bench.pass(MINUTE);
  await keyThing(bench.live, 'p1-cgm');
  const now = await read<TwinAnswer>('/api/v1/twins/p1');
  assert.deepEqual([before.reported['cgm']?.['glucose']?.value, now.reported['cgm']], [134, undefined]);
  assert.equal((await bench.ask('clinician', GLUCOSE)).status, 404);
  const then = async (at: Millis) => (await read<TwinAnswer>(`/api/v1/twins/p1?at=${at}`)).reported;
  assert.deepEqual(await then(beforeAt), before.reported);
  assert.deepEqual(await then(bench.live.clock.now()), now.reported);
});
