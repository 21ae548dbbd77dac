import { cleared, type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
import { explanation } from '#base/explanation';
import { HOUR, type Millis } from '#base/time';
import type { DetectionThresholds } from '#mirror/twin/commissioned-model';
import type { Innovation } from '#mirror/twin/estimator';
import { type InnovationTests, NOTHING_TESTED, testInnovation } from '#mirror/twin/innovation-tests';

const REPEAT_AFTER: Millis = 6 * HOUR;
/** An episode is over when every test is below this part of its threshold. */
const CLEARED_AT = 0.5;

interface State {
  readonly episodes: Episodes;
  readonly tests: InnovationTests;
}

export const divergence: Rule<State> = {
  id: 'divergence',
  statement: 'glucose readings part from what the twin predicts of reported insulin and announced meals',
  answers: [
    'glucose-bias',
    'glucose-ramp',
    'glucose-replace',
    'glucose-replay',
    'twin-poisoning',
    'firmware-delivery-factor',
    'slow-glucose-drift',
  ],
  cost: 'the estimator: 10 us a reading',
  knownFalsePositives: [
    'a large meal that nobody announced, which also sets how slow a rise can be told from one: a ramp upwards is not found',
    'a day on which insulin works much better or worse than during commissioning',
    'a new sensor with another calibration',
  ],
  looksAt: { kinds: ['message'], things: ['cgm'] },
  initial: () => ({ episodes: NO_EPISODES, tests: NOTHING_TESTED }),
  check(state, observation) {
    if (observation.kind !== 'message' || observation.innovation === undefined) return { state, findings: [] };
    const { innovation, now, twin } = observation;
    const thresholds = twin.commissioned?.thresholds;
    if (thresholds === undefined) return { state, findings: [] };
    const tests = testInnovation(state.tests, innovation.normalised);
    const exceeded = exceedance(tests, innovation, thresholds);
    if (exceeded.ratio < CLEARED_AT)
      return { state: { tests, episodes: cleared(state.episodes, 'diverged') }, findings: [] };
    if (exceeded.ratio < 1 || !isDue(state.episodes, 'diverged', now, REPEAT_AFTER))
      return { state: { tests, episodes: state.episodes }, findings: [] };
    return {
      state: { tests, episodes: raisedAt(state.episodes, 'diverged', now) },
      findings: [finding(exceeded, innovation, now)],
    };
  },
};

type Test = Exclude<keyof DetectionThresholds, 'missingInsulin' | 'excessInsulin' | 'lowBurden'>;

interface Exceedance {
  readonly test: Test;
  /** Of the threshold. */
  readonly ratio: number;
  readonly value: number;
}

/** The test that stands out most. */
function exceedance(
  tests: InnovationTests,
  { openLoop, normalised }: Innovation,
  thresholds: DetectionThresholds,
): Exceedance {
  const residual = openLoop?.normalised ?? 0;
  const values: Readonly<Record<Test, number>> = {
    jump: Math.abs(normalised),
    readingsHigh: tests.high,
    readingsLow: tests.low,
    innovationSquare: tests.meanSquare,
    openLoopHigh: residual,
    openLoopLow: -residual,
  };
  let most: Exceedance = { test: 'innovationSquare', ratio: 0, value: 0 };
  for (const test of TESTS) {
    const ratio = values[test] / thresholds[test];
    if (ratio > most.ratio) most = { test, ratio, value: values[test] };
  }
  return most;
}

const TESTS = [
  'jump',
  'readingsHigh',
  'readingsLow',
  'innovationSquare',
  'openLoopHigh',
  'openLoopLow',
] as const satisfies readonly Test[];

const WORDS: Readonly<Record<Test, string>> = {
  jump: 'one reading leaps',
  readingsHigh: 'readings lie above for too long',
  readingsLow: 'readings lie below for too long',
  innovationSquare: 'readings scatter too widely',
  openLoopHigh: 'above the forecast of hours ago',
  openLoopLow: 'below the forecast of hours ago',
};

function finding({ test, value }: Exceedance, { predicted, observed, openLoop }: Innovation, now: Millis): Finding {
  const isForecast = test === 'openLoopHigh' || test === 'openLoopLow';
  const expected = isForecast ? (openLoop?.predicted ?? predicted) : predicted;
  return {
    kind: 'Finding',
    rule: 'divergence',
    thing: 'cgm',
    at: now,
    confidence: 'possible',
    ...explanation('glucose: {observed} mg/dL where the twin expects {predicted}: {how}', {
      reported: { observed, predicted: Math.round(expected), how: WORDS[test], test, value },
    }),
  };
}
