import { HOUR, type Millis } from '#base/time';
import type { DetectionThresholds } from './commissioned-model.ts';
import { type EstimatorModel, startEstimate, step } from './estimator.ts';
import { lowBurden, NOTHING_TESTED, testInnovation } from './innovation-tests.ts';
import type { Sample } from './sample.ts';

type Statistic = keyof DetectionThresholds;

/**
 * How often a block may exceed a threshold on attack-free days, per patient-day. Findings are half as many: they take three
 * readings in a row, and a person's threshold is never below the population's. Unexplained insulin effect is a `probable`
 * finding; a divergence is only `possible`, yet five tests feed it.
 */
const EXCEEDANCES_PER_DAY: Readonly<Record<Statistic, number>> = {
  missingInsulin: 0.065,
  excessInsulin: 0.04,
  lowBurden: 0.01,
  jump: 0.01,
  readingsHigh: 0.05,
  readingsLow: 0.03,
  innovationSquare: 0.03,
  openLoopHigh: 0.05,
  openLoopLow: 0.03,
};

/** The largest value of each block counts: within one, values depend on each other, across blocks hardly. */
const BLOCK: Millis = 6 * HOUR;
const BLOCKS_PER_DAY = 4;

/**
 * Block maxima of attack-free days follow a Gumbel distribution (Fisher and Tippett 1928). A few held-out days say too little
 * of its tail, so a person's location and scale are drawn towards those of many other people's days, which count as
 * `PRIOR_BLOCKS` blocks, and never below them. The figures: `bench/detection/tune.ts`.
 */
const POPULATION: Readonly<Record<Statistic, { readonly location: number; readonly scale: number }>> = {
  missingInsulin: { location: -1.36, scale: 0.69 },
  excessInsulin: { location: -0.57, scale: 1.56 },
  lowBurden: { location: -0.38, scale: 0.5 },
  jump: { location: 0.2, scale: 1.2 },
  readingsHigh: { location: -24.5, scale: 11 },
  readingsLow: { location: 3.2, scale: 1.55 },
  innovationSquare: { location: -2.9, scale: 2.06 },
  openLoopHigh: { location: -5.9, scale: 3.2 },
  openLoopLow: { location: 1.6, scale: 0.44 },
};
const PRIOR_BLOCKS = 40;

const STATISTICS = Object.keys(POPULATION) as readonly Statistic[];

/** Thresholds from the samples from index `from` on, which identification has not seen. */
export function tuneThresholds(samples: readonly Sample[], from: number, model: EstimatorModel): DetectionThresholds {
  const maxima = blockMaxima(samples, from, model);
  const entries = STATISTICS.map((name) => [name, threshold(name, maxima[name])] as const);
  return Object.fromEntries(entries) as Record<Statistic, number>;
}

/** The largest value of each statistic in each block of 6 h from index `from` on; the filter runs in from the start. */
export function blockMaxima(
  samples: readonly Sample[],
  from: number,
  model: EstimatorModel,
): Readonly<Record<Statistic, readonly number[]>> {
  const maxima = Object.fromEntries(STATISTICS.map((name) => [name, []])) as unknown as Record<Statistic, number[]>;
  const first = samples[0]!;
  let state = startEstimate(model, first.at, first.glucose!);
  let tests = NOTHING_TESTED;
  let burden = 0;
  let block = -1;
  const push = (name: Statistic, value: number): void => {
    const values = maxima[name];
    if (value > values[values.length - 1]!) values[values.length - 1] = value;
  };
  for (let index = 1; index < samples.length; index += 1) {
    const moved = step(state, model, samples[index]!);
    state = moved.state;
    if (moved.innovation === undefined) continue;
    const { delivery, openLoop, normalised, observed, at } = moved.innovation;
    tests = testInnovation(tests, normalised);
    burden = lowBurden(burden, observed);
    if (index < from) continue;
    const current = Math.floor(at / BLOCK);
    if (current !== block) for (const name of STATISTICS) maxima[name].push(0);
    block = current;
    push('missingInsulin', delivery.missing.evidence);
    push('excessInsulin', delivery.excess.evidence);
    push('lowBurden', burden);
    push('jump', Math.abs(normalised));
    push('readingsHigh', tests.high);
    push('readingsLow', tests.low);
    push('innovationSquare', tests.meanSquare);
    push('openLoopHigh', openLoop?.normalised ?? 0);
    push('openLoopLow', -(openLoop?.normalised ?? 0));
  }
  return maxima;
}

const EULER_GAMMA = 0.5772;

/** The value that a block's maximum exceeds with the probability that the false rate allows a block. */
function threshold(name: Statistic, maxima: readonly number[]): number {
  const population = POPULATION[name];
  const mean = maxima.reduce((sum, value) => sum + value, 0) / Math.max(1, maxima.length);
  const square = maxima.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, maxima.length - 1);
  const scale = Math.sqrt(6 * square) / Math.PI;
  const weight = maxima.length / (maxima.length + PRIOR_BLOCKS);
  const blended = {
    location: population.location + weight * (mean - EULER_GAMMA * scale - population.location),
    scale: population.scale + weight * (scale - population.scale),
  };
  const reduced = -Math.log(-Math.log(1 - EXCEEDANCES_PER_DAY[name] / BLOCKS_PER_DAY));
  return Math.max(blended.location + blended.scale * reduced, population.location + population.scale * reduced);
}
