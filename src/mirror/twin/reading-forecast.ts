import type { Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { ForecastBands } from './commissioned-model.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { BAND_90 } from './fork.ts';
import type { Hypothesis } from './hypothesis.ts';
import { COLOUR, COVARIANCE, GLUCOSE } from './kalman.ts';
import { project, stepsFor } from './project.ts';
import type { Twin } from './twin.ts';

/**
 * What the glucose monitor will show at the end of every step from the estimate's time on, with a 90 % prediction band: the
 * error of the sensor, what disturbs a body, and what a person eats and nobody knows of yet are in it.
 */
export interface ReadingForecast {
  readonly from: Millis;
  readonly stepMin: Minutes;
  readonly mean: Float64Array;
  /** A reading is expected below it, and above the other, once in twenty. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Up to here the band was fitted to this person's attack-free days; 0 where it is the model's own word alone. */
  readonly calibratedToMin: Minutes;
}

/** As the Thing Model has them: 39 stands for below, 401 for above what the sensor can measure. */
const LEAST_SHOWN: MgPerDl = 39;
const MOST_SHOWN: MgPerDl = 401;

/** Undefined while the twin cannot predict. Pure; the twin stays as it is. */
export function forecastReadings(twin: Twin, hypothesis: Hypothesis, horizonMin: Minutes): ReadingForecast | undefined {
  const steps = stepsFor(horizonMin);
  const mean = new Float64Array(steps);
  const low = new Float64Array(steps);
  const high = new Float64Array(steps);
  const { commissioned } = twin;
  const bands = commissioned?.bands;
  const from = project(twin, hypothesis, steps, (index, estimate) => {
    const expected = expectedReading(estimate);
    const deviation = readingDeviation(estimate, commissioned!.variances.sensorWhite);
    const factors = bandFactors(bands, (index + 1) * ESTIMATOR_STEP_MIN);
    mean[index] = asShown(expected);
    low[index] = asShown(expected + factors.low * deviation);
    high[index] = asShown(expected + factors.high * deviation);
  });
  if (from === undefined) return undefined;
  return { from, stepMin: ESTIMATOR_STEP_MIN, mean, low, high, calibratedToMin: bands?.horizonsMin.at(-1) ?? 0 };
}

export const expectedReading = (estimate: readonly number[]): MgPerDl => estimate[GLUCOSE]! + estimate[COLOUR]!;

/** Of a reading about what is expected of it: the estimate's own, the coloured and the white error. */
export function readingDeviation(estimate: readonly number[], sensorWhite: MgPerDl): MgPerDl {
  const c = COVARIANCE;
  return Math.sqrt(estimate[c]! + 2 * estimate[c + 3]! + estimate[c + 9]! + sensorWhite * sensorWhite);
}

/** How many deviations the edges of the 90 % band lie from the mean; linear between the horizons fitted, held beyond. */
export function bandFactors(
  bands: ForecastBands | undefined,
  horizonMin: Minutes,
): { readonly low: number; readonly high: number } {
  const last = (bands?.horizonsMin.length ?? 0) - 1;
  if (bands === undefined || last < 0) return { low: -BAND_90, high: BAND_90 };
  const { horizonsMin, low, high } = bands;
  const after = horizonsMin.findIndex((horizon) => horizon >= horizonMin);
  if (after === 0) return { low: low[0]!, high: high[0]! };
  if (after < 0) return { low: low[last]!, high: high[last]! };
  const along = (horizonMin - horizonsMin[after - 1]!) / (horizonsMin[after]! - horizonsMin[after - 1]!);
  const between = (values: readonly number[]): number =>
    values[after - 1]! + along * (values[after]! - values[after - 1]!);
  return { low: between(low), high: between(high) };
}

const asShown = (glucose: MgPerDl): MgPerDl => Math.min(MOST_SHOWN, Math.max(LEAST_SHOWN, glucose));
