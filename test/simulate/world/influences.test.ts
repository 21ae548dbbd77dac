import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { buildFirmware } from '#model/device/firmware';
import type { DeviceDefences } from '#simulate/exercise/scenario';
import { createInfluences, createOriginStack } from '#simulate/world/cause';
import type { FaultPoints } from '#simulate/world/fault-points';
import { type BenchWard, only, quietWard, startWard } from '../exercise/laboratory-bench.ts';

test('the origin of an input holds while it is handled, nested or not, and is genuine otherwise', () => {
  const origins = createOriginStack();
  const seen: string[] = [origins.current];
  origins.during('adversary', () => {
    seen.push(origins.current);
    origins.during('platform', () => seen.push(origins.current));
    seen.push(origins.current);
  });
  seen.push(origins.current);
  assert.deepEqual(seen, ['genuine', 'adversary', 'platform', 'adversary', 'genuine']);
});

test('influences keep first, last and count, apart for therapy and view', () => {
  const influences = createInfluences();
  for (const [on, at] of [
    ['view', 5],
    ['therapy', 10],
    ['therapy', 20],
    ['therapy', 30],
  ] as const) {
    influences.note(on, at, `at ${at}`);
  }
  assert.deepEqual([influences.count('therapy'), influences.count('view')], [3, 1]);
  assert.deepEqual([influences.first('therapy')?.at, influences.last('therapy')?.at], [10, 30]);
  assert.deepEqual(influences.first('view'), influences.last('view'));
});

/** An hour into a quiet night. */
function settled(device: Partial<DeviceDefences> = {}, guard: 'open' | 'standard' = 'open'): BenchWard {
  const ward = startWard({ ward: quietWard('closed-loop-home'), defences: only(device, { guard }) });
  ward.until(60);
  assert.deepEqual([ward.influences.count('therapy'), ward.influences.count('view')], [0, 0]);
  return ward;
}

type Act = (points: FaultPoints) => void;

function countAfter(ward: BenchWard, act: Act): { readonly therapy: number; readonly view: number } {
  act(ward.points);
  ward.until(75);
  return { therapy: ward.influences.count('therapy'), view: ward.influences.count('view') };
}

const unsigned = buildFirmware({ version: '9.0.0', deliveryFactor: 2, alarmsEnabled: true });

const CASES: readonly (readonly [what: string, act: Act, on: 'therapy' | 'view'])[] = [
  ['settings changed', (points) => points['on-handset'].changeSettings({ carbRatio: 5 }), 'therapy'],
  ['a bolus asked for', (points) => points['on-handset'].requestBolus(1), 'therapy'],
  ['a clock shifted', (points) => points['on-handset'].shiftClock(MINUTE), 'therapy'],
  ['readings altered', (points) => points['on-handset'].tamperReading((glucose) => glucose + 1), 'therapy'],
  ['alarms silenced', (points) => points['on-handset'].silenceAlarms(true), 'view'],
  ['reports withheld', (points) => points['on-gateway'].tamperReport(() => undefined), 'view'],
  ['messages dropped', (points) => points['network-path'].intercept(() => ({ kind: 'drop' })), 'view'],
  ['frames jammed', (points) => points['radio-range'].jam(() => true), 'therapy'],
  ['firmware installed', (points) => points['supply-chain'].offerFirmware(unsigned), 'therapy'],
  ['a record rewritten', (points) => void points['store-insider'].rewrite(0, (body) => body), 'view'],
  ['history cut', (points) => points['store-insider'].truncate(1), 'view'],
  [
    'a command permitted',
    (points) => void points['platform-account'].requestCommand({ thing: 'pump', action: 'bolus', input: { units: 1 } }),
    'therapy',
  ],
];

for (const [what, act, on] of CASES) {
  test(`an influence on ${on} and nothing else: ${what}`, () => {
    const counts = countAfter(settled(), act);
    assert.ok(counts[on] > 0);
    assert.equal(counts[on === 'therapy' ? 'view' : 'therapy'], 0);
  });
}

const NO_INFLUENCE: readonly (readonly [what: string, act: Act])[] = [
  ['who listens', (points) => points['radio-range'].listen(() => {})],
  ['a manipulation that leaves the reading as it is', (points) => points['on-handset'].tamperReading((same) => same)],
  ['a report passed on as it is', (points) => points['on-gateway'].tamperReport((same) => same)],
  ['an interception that lets everything pass', (points) => points['network-path'].intercept(() => ({ kind: 'pass' }))],
  ['noise that is no frame', (points) => points['radio-range'].transmit(new Uint8Array([1, 2, 3]))],
  ['a tap that was taken off again', (points) => points['radio-range'].jam(undefined)],
  ['a record that there is not', (points) => void points['store-insider'].rewrite(1_000_000, (body) => body)],
];

for (const [what, act] of NO_INFLUENCE) {
  test(`no influence: ${what}`, () => {
    assert.deepEqual(countAfter(settled(), act), { therapy: 0, view: 0 });
  });
}

test('an altered image has influence for as long as it runs, not only when it is installed', () => {
  const ward = settled();
  ward.points['supply-chain'].offerFirmware(unsigned);
  ward.until(240);
  assert.ok(ward.queue.now() - ward.influences.last('therapy')!.at <= MINUTE);
  assert.equal(ward.influences.first('therapy')?.what, 'pump: firmware 9.0.0');
});

test('what a check refused had no influence: firmware by its signature, a command by the guard', () => {
  const refusedImage = countAfter(settled({ firmwareSignature: true }), (points) =>
    points['supply-chain'].offerFirmware(unsigned),
  );
  assert.equal(refusedImage.therapy, 0);
  const refusedCommand = countAfter(settled({}, 'standard'), (points) => {
    const answer = points['platform-account'].requestCommand({ thing: 'pump', action: 'bolus', input: { units: 9 } });
    assert.equal(answer.outcome, 'refused');
  });
  assert.equal(refusedCommand.therapy, 0);
});

test('an insider who seals a record anew with its genuine key is seen by the Merkle tree, not by the key', () => {
  const ward = settled();
  assert.ok(ward.points['store-insider'].rewrite(3, (body) => ({ ...body, sequence: 9_999 })));
  const reading = ward.history.read(3);
  assert.deepEqual([reading.kind, 'reason' in reading && reading.reason], ['tampered', 'altered']);
  assert.equal(ward.history.read(2).kind, 'read');
});
