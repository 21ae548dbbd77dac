import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marksOf, representativeRun } from '#simulate/exercise/representative-run';
import { HORIZON_MIN, type MadeUp, outcome } from './made-up-outcome.ts';

const START = 60;

function pairOf(attacked: MadeUp, acts: readonly (readonly [number, string])[] = [], baseline: MadeUp = {}) {
  const run = outcome(attacked);
  const adversary = { ...run.adversary, acts: acts.map(([atMin, what]) => ({ atMin, what })) };
  return { attacked: { ...run, adversary }, baseline: outcome(baseline) };
}
const linesOf = (...of: Parameters<typeof pairOf>): readonly string[] =>
  marksOf(pairOf(...of), START).map(({ lane, atMin, untilMin, text }) => `${lane} ${atMin}-${untilMin} ${text}`);

test('repetitions at most a quarter of an hour apart are one mark, whatever numbers they tell', () => {
  assert.deepEqual(
    linesOf({}, [
      [10, 'bolus of 2.5 U'],
      [12, 'silence'],
      [25, 'bolus of 10 U'],
      [40, 'bolus of 3 U'],
      [55.1, 'bolus of 3 U'],
      [55.14, 'bolus of 3 U'],
    ]),
    ['attack 70-100 bolus of 2.5 U', 'attack 72-null silence', 'attack 115.1-115.1 bolus of 3 U'],
  );
});

test('findings are shown from the first true one on, incidents and responses as containment', () => {
  const attacked: MadeUp = {
    firstActMin: 60,
    findings: [
      { atMin: 59, rule: 'timing' },
      { atMin: 70.04, rule: 'silence' },
      { atMin: 100, rule: 'timing' },
    ],
    responses: [{ atMin: 72, touchesTherapy: true }],
  };
  const pair = pairOf(attacked, [[60, 'act']], { findings: [{ atMin: 59, rule: 'timing' }] });
  const platform = { ...pair.attacked.platform, incidents: [{ atMin: 71, what: 'one-certain: pump' }] };
  const marks = marksOf({ ...pair, attacked: { ...pair.attacked, platform } }, START);
  assert.deepEqual(
    marks.map(({ lane, atMin, text }) => [lane, atMin, text]),
    [
      ['attack', 120, 'act'],
      ['detection', 130, 'silence: made up'],
      ['detection', 160, 'timing: made up'],
      ['containment', 131, 'incident: one-certain: pump'],
      ['containment', 132, 'response'],
    ],
  );
  assert.deepEqual(linesOf({ findings: [{ atMin: 70 }] }), [], 'nothing of an adversary that never acts');
});

test('harm is below 54 and above 250 mg/dL, from the first step to the end of the last', () => {
  const levels = [54, 53.9, 53.9, 250, 250.1, 250.1, 250.1, 53, 120];
  const glucose = (minute: number): number => levels[minute / 5] ?? (minute === HORIZON_MIN - 5 ? 251 : 120);
  assert.deepEqual(linesOf({ glucose }), [
    'harm 65-75 below 54 mg/dL',
    'harm 80-95 above 250 mg/dL',
    'harm 95-100 below 54 mg/dL',
    'harm 295-300 above 250 mg/dL',
  ]);
});

test('sixty marks are shown at most', () => {
  const acts = Array.from({ length: 61 }, (_, index) => [index, `act ${'x'.repeat(index)}`] as const);
  const lines = linesOf({}, acts);
  assert.equal(lines.length, 60);
  assert.match(lines.at(-1)!, /^attack 119-null /);
});

test('what a chart shows is rounded, and no number lies below the models', () => {
  const attacked: MadeUp = { glucose: () => 39.96, delivered: () => 0.12345 };
  const run = representativeRun(
    'adult#001',
    3,
    START,
    pairOf(attacked, [], { glucose: () => 120.16, delivered: () => 0.5554 }),
  );
  const steps = HORIZON_MIN / 5;
  const every = (value: number): readonly number[] => Array<number>(steps).fill(value);
  assert.deepEqual(run, {
    patient: 'adult#001',
    run: 3,
    startMin: START,
    stepMin: 5,
    glucose: every(40),
    baselineGlucose: every(120.2),
    commanded: every(0.1),
    delivered: every(0.123),
    baselineDelivered: every(0.555),
    marks: [{ lane: 'harm', atMin: START, untilMin: START + HORIZON_MIN, text: 'below 54 mg/dL' }],
  });
});
