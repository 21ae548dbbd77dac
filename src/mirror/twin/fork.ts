import { DAY, HOUR, MINUTE, type Millis } from '#base/time';
import type { Grams, MgPerDl, Minutes, Units, UnitsPerHour } from '#base/units';
import type { IdentifiedParameters } from './commissioned-model.ts';
import { type Decays, decaysOf } from './decays.ts';
import { doubles } from './doubles.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { advanceGut, advanceInsulin } from './glucose-model.ts';
import { numberOf, takeUp } from './intake.ts';
import { COVARIANCE, createLinearisation, ESTIMATE, GLUCOSE, predict } from './kalman.ts';
import { HANDSET, INSULIN_PUMP, reportedValue, type Twin } from './twin.ts';

/** What is tried on a fork, from its present estimate on. */
export type Hypothesis =
  /** Delivery goes on at the basal rate now in force. */
  | { readonly kind: 'none' }
  /** Basal by the pump's profile, without a controller. */
  | { readonly kind: 'profile-basal' }
  | { readonly kind: 'bolus'; readonly units: Units }
  | { readonly kind: 'temporary-basal'; readonly rate: UnitsPerHour; readonly durationMin: Minutes }
  | { readonly kind: 'suspend'; readonly durationMin: Minutes }
  | { readonly kind: 'meal'; readonly grams: Grams };

/** Glucose at the end of every step from the estimate's time on; the sensor's error is left out. */
export interface Forecast {
  readonly from: Millis;
  readonly stepMin: Minutes;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Half width of a 90 % band in standard deviations. */
export const BAND_90 = 1.6449;

/** Longer horizons are cut: the body will have changed its mind. */
const LONGEST_HORIZON_MIN: Minutes = 24 * 60;

const estimate = doubles(ESTIMATE);
const linear = createLinearisation();

/**
 * Carries a hypothesis out on a fork of the twin. The twin stays as it is. Undefined while the twin cannot predict. Insulin
 * and carbohydrates reported since the estimate are counted in; meals to come are not known and not assumed.
 */
export function forecast(twin: Twin, hypothesis: Hypothesis, horizonMin: Minutes): Forecast | undefined {
  const { commissioned: model, predicted: state } = twin;
  if (model === undefined || state === undefined) return undefined;
  const { parameters, variances } = model;
  const steps = Math.ceil(Math.min(horizonMin, LONGEST_HORIZON_MIN) / ESTIMATOR_STEP_MIN);
  const mean = new Float64Array(steps);
  const deviation = new Float64Array(steps);
  const pump = twin.reported[INSULIN_PUMP];
  const rate = numberOf(pump, 'basalRate') ?? model.meanInsulinRate;
  const outstanding = takeUp(twin.intake, pump, twin.reported[HANDSET], state.at, 0);
  const decays = decaysOf(parameters, variances, ESTIMATOR_STEP_MIN);
  for (let index = 0; index < ESTIMATE; index += 1) estimate[index] = state.estimate[index]!;
  for (let index = 0; index < steps; index += 1) {
    const insulin = insulinOfStep(twin, hypothesis, rate, state.at, index);
    const eaten = index === 0 && hypothesis.kind === 'meal' ? hypothesis.grams : 0;
    const pending = index === 0 ? outstanding : undefined;
    moveOn(parameters, decays, insulin + (pending?.insulin ?? 0), eaten + (pending?.carbohydrates ?? 0));
    predict(estimate, parameters, variances, decays, linear);
    mean[index] = estimate[GLUCOSE]!;
    deviation[index] = Math.sqrt(estimate[COVARIANCE]!);
  }
  return { from: state.at, stepMin: ESTIMATOR_STEP_MIN, mean, deviation };
}

function moveOn(parameters: IdentifiedParameters, decays: Decays, insulin: Units, carbohydrates: Grams): void {
  advanceInsulin(estimate, 0, parameters, decays, insulin);
  advanceGut(estimate, 0, parameters, decays, carbohydrates);
}

/** Units that the hypothesis delivers in the step of that index. */
function insulinOfStep(twin: Twin, hypothesis: Hypothesis, rate: UnitsPerHour, from: Millis, index: number): Units {
  const sinceMin = index * ESTIMATOR_STEP_MIN;
  const perStep = ESTIMATOR_STEP_MIN / 60;
  switch (hypothesis.kind) {
    case 'none':
    case 'meal':
      return rate * perStep;
    case 'bolus':
      return rate * perStep + (index === 0 ? hypothesis.units : 0);
    case 'temporary-basal':
      return (sinceMin < hypothesis.durationMin ? hypothesis.rate : profileRate(twin, from, sinceMin, rate)) * perStep;
    case 'suspend':
      return sinceMin < hypothesis.durationMin ? 0 : profileRate(twin, from, sinceMin, rate) * perStep;
    case 'profile-basal':
      return profileRate(twin, from, sinceMin, rate) * perStep;
  }
}

/** The programmed rate at that time of the pump's day; `otherwise` where no profile is known. */
function profileRate(twin: Twin, from: Millis, sinceMin: Minutes, otherwise: UnitsPerHour): UnitsPerHour {
  const reported = reportedValue(twin, INSULIN_PUMP, 'basalProfile');
  const profile = Array.isArray(reported) ? (reported as readonly number[]) : twin.commissioned!.basalProfile;
  const hour = Math.floor(((from + sinceMin * MINUTE) % DAY) / HOUR);
  return profile[hour] ?? otherwise;
}

/** Lower and upper edge of the 90 % band at one step. */
export function band90(
  { mean, deviation }: Forecast,
  index: number,
): { readonly low: MgPerDl; readonly high: MgPerDl } {
  const half = BAND_90 * deviation[index]!;
  return { low: mean[index]! - half, high: mean[index]! + half };
}
