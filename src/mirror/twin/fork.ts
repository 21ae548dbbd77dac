import type { Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import type { Hypothesis } from './hypothesis.ts';
import { COVARIANCE, GLUCOSE } from './kalman.ts';
import { project, stepsFor } from './project.ts';
import type { Twin } from './twin.ts';

/** Glucose at the end of every step from the estimate's time on; the sensor's error is left out. */
export interface Forecast {
  readonly from: Millis;
  readonly stepMin: Minutes;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Half width of a 90 % band in standard deviations. */
export const BAND_90 = 1.6449;

/** Carries a hypothesis out on a fork of the twin. The twin stays as it is. Undefined while the twin cannot predict. */
export function forecast(twin: Twin, hypothesis: Hypothesis, horizonMin: Minutes): Forecast | undefined {
  const steps = stepsFor(horizonMin);
  const mean = new Float64Array(steps);
  const deviation = new Float64Array(steps);
  const from = project(twin, hypothesis, steps, (index, estimate) => {
    mean[index] = estimate[GLUCOSE]!;
    deviation[index] = Math.sqrt(estimate[COVARIANCE]!);
  });
  return from === undefined ? undefined : { from, stepMin: ESTIMATOR_STEP_MIN, mean, deviation };
}

/** Lower and upper edge of the 90 % band at one step. */
export function band90(
  { mean, deviation }: Forecast,
  index: number,
): { readonly low: MgPerDl; readonly high: MgPerDl } {
  const half = BAND_90 * deviation[index]!;
  return { low: mean[index]! - half, high: mean[index]! + half };
}
