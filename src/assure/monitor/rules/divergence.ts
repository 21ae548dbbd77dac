import { cleared, type Episodes, isDue, NO_EPISODES, raisedAt } from '#assure/monitor/episodes';
import type { Finding } from '#assure/monitor/finding';
import type { Rule } from '#assure/monitor/rule';
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
    'a large meal that nobody announced',
    'a day on which insulin works much better or worse than during commissioning',
    'a new sensor with another calibration',
  ],
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

interface Exceedance {
  readonly test: 'cusum' | 'chi-square' | 'open-loop';
  /** Of the threshold. */
  readonly ratio: number;
  readonly value: number;
}

function exceedance(tests: InnovationTests, { openLoop }: Innovation, thresholds: DetectionThresholds): Exceedance {
  const cusum = Math.max(tests.high, tests.low);
  const residual = Math.abs(openLoop?.normalised ?? 0);
  const all: readonly Exceedance[] = [
    { test: 'cusum', value: cusum, ratio: cusum / thresholds.innovationCusum },
    { test: 'chi-square', value: tests.meanSquare, ratio: tests.meanSquare / thresholds.innovationChiSquare },
    { test: 'open-loop', value: residual, ratio: residual / thresholds.openLoop },
  ];
  return all.reduce((most, one) => (one.ratio > most.ratio ? one : most));
}

function finding({ test, value }: Exceedance, { predicted, observed, openLoop }: Innovation, now: Millis): Finding {
  const expected = test === 'open-loop' ? (openLoop?.predicted ?? predicted) : predicted;
  return {
    kind: 'Finding',
    rule: 'divergence',
    thing: 'cgm',
    at: now,
    confidence: 'possible',
    statement: `glucose: \`${Math.round(observed)}\` mg/dL where the twin expects \`${Math.round(expected)}\`, ${test} \`${value.toFixed(1)}\``,
    values: { test, value, predicted: Math.round(expected), observed },
  };
}
