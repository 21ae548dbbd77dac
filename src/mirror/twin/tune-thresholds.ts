import { HOUR, type Millis } from '#base/time';
import type { DetectionThresholds } from './commissioned-model.ts';
import { type EstimatorModel, startEstimate, step } from './estimator.ts';
import { NOTHING_TESTED, testInnovation } from './innovation-tests.ts';
import type { Sample } from './sample.ts';

/** Each detector may speak up falsely this often on attack-free days; findings per patient-day. */
export const FALSE_RATE_PER_DAY = 0.02;

/** The largest value of each block counts: within one, values depend on each other, across blocks hardly. */
const BLOCK: Millis = 6 * HOUR;
const BLOCKS_PER_DAY = 4;

type Statistic = keyof DetectionThresholds;

/**
 * Block maxima of attack-free days follow a Gumbel distribution (Fisher and Tippett 1928). A few held-out days say too little
 * of its tail, so a person's location and scale are drawn towards those of many commissioning periods, which count as
 * `PRIOR_BLOCKS` blocks, and never below them. The figures: `bench/detection.ts --tune`.
 */
const POPULATION: Readonly<Record<Statistic, { readonly location: number; readonly scale: number }>> = {
  missingInsulin: { location: 0.2, scale: 0.4 },
  excessInsulin: { location: 0.6, scale: 1 },
  innovationCusum: { location: 5, scale: 3 },
  innovationChiSquare: { location: 1.8, scale: 0.6 },
  openLoop: { location: 1.5, scale: 0.6 },
};
const PRIOR_BLOCKS = 40;

const STATISTICS = Object.keys(POPULATION) as readonly Statistic[];

/** Thresholds from the samples from index `from` on, which identification has not seen. */
export function tuneThresholds(samples: readonly Sample[], from: number, model: EstimatorModel): DetectionThresholds {
  const maxima = blockMaxima(samples, from, model);
  const thresholds: Record<Statistic, number> = {
    missingInsulin: 0,
    excessInsulin: 0,
    innovationCusum: 0,
    innovationChiSquare: 0,
    openLoop: 0,
  };
  for (const name of STATISTICS) thresholds[name] = threshold(name, maxima[name]);
  return thresholds;
}

/** The largest value of each statistic in each block of 6 h from index `from` on; the filter runs in from the start. */
export function blockMaxima(
  samples: readonly Sample[],
  from: number,
  model: EstimatorModel,
): Readonly<Record<Statistic, readonly number[]>> {
  const maxima: Record<Statistic, number[]> = {
    missingInsulin: [],
    excessInsulin: [],
    innovationCusum: [],
    innovationChiSquare: [],
    openLoop: [],
  };
  const first = samples[0]!;
  let state = startEstimate(model, first.at, first.glucose!);
  let tests = NOTHING_TESTED;
  let block = -1;
  const push = (name: Statistic, value: number): void => {
    const values = maxima[name];
    if (value > values[values.length - 1]!) values[values.length - 1] = value;
  };
  for (let index = 1; index < samples.length; index += 1) {
    const moved = step(state, model, samples[index]!);
    state = moved.state;
    if (moved.innovation === undefined) continue;
    const { delivery, openLoop, normalised, at } = moved.innovation;
    tests = testInnovation(tests, normalised);
    if (index < from) continue;
    const current = Math.floor(at / BLOCK);
    if (current !== block) for (const name of STATISTICS) maxima[name].push(0);
    block = current;
    push('missingInsulin', delivery.missing.evidence);
    push('excessInsulin', delivery.excess.evidence);
    push('innovationCusum', Math.max(tests.high, tests.low));
    push('innovationChiSquare', tests.meanSquare);
    push('openLoop', Math.abs(openLoop?.normalised ?? 0));
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
  const reduced = -Math.log(-Math.log(1 - FALSE_RATE_PER_DAY / BLOCKS_PER_DAY));
  return Math.max(blended.location + blended.scale * reduced, population.location + population.scale * reduced);
}
