import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes, UnitsPerHour } from '#base/units';
import type { IdentifiedParameters, IdentifiedVariances } from './commissioned-model.ts';
import { decaysOf } from './decays.ts';
import { type DeliveryEvidence, followStep, noEvidence, openOnsets, weigh } from './delivery-evidence.ts';
import { doubles } from './doubles.ts';
import { advanceGut, advanceInsulin, EFFECT, settle } from './glucose-model.ts';
import { correct, createLinearisation, ESTIMATE, GLUCOSE, predict, SENSITIVITY, start } from './kalman.ts';
import { followForecasts, OPEN_LOOP, type OpenLoopResidual, openForecast, residual } from './open-loop.ts';
import type { Sample } from './sample.ts';

/** What a glucose reading says against what the twin expected of it. */
export interface Innovation {
  readonly at: Millis;
  /** The expectation before the reading was taken in, and its variance (sensor included), (mg/dL)^2. */
  readonly predicted: MgPerDl;
  readonly observed: MgPerDl;
  readonly variance: number;
  /** `(observed - predicted) / sqrt(variance)`: about standard normal while the model holds. */
  readonly normalised: number;
  /** Time since the estimate was last moved on. */
  readonly sinceMin: Minutes;
  /** Rate at which the reported insulin lowers glucose now, 1/min, and as a multiple of what the mean rate would do. */
  readonly insulinActivity: number;
  readonly relativeInsulinActivity: number;
  /** Absent until readings reach back far enough. */
  readonly openLoop?: OpenLoopResidual;
  readonly delivery: DeliveryEvidence;
}

/** What the estimator needs of a commissioned model. */
export interface EstimatorModel {
  readonly parameters: IdentifiedParameters;
  readonly variances: IdentifiedVariances;
  readonly meanInsulinRate: UnitsPerHour;
}

/**
 * The estimate at one instant; the arrays are never written once it is made. `estimate` is laid out by `kalman.ts`,
 * `evidence` by `delivery-evidence.ts`, `forecasts` by `open-loop.ts`.
 */
export interface EstimatorState {
  readonly at: Millis;
  /** When the last reading was taken in. */
  readonly readAt: Millis;
  readonly estimate: readonly number[];
  readonly evidence: readonly number[];
  readonly forecasts: readonly number[];
}

/** The estimator's own step; a longer gap is covered in several. */
export const ESTIMATOR_STEP_MIN: Minutes = 5;
/** After a longer silence what was known is worth nothing: the estimate starts again. */
export const LONGEST_GAP_MIN: Minutes = 12 * 60;
/** The sensor reads no higher and no lower: beyond, a reading says only "at least" or "at most". */
const SENSOR_CEILING: MgPerDl = 400;
const SENSOR_FLOOR: MgPerDl = 40;

const linear = createLinearisation();

/** The estimate after its first reading, the body taken to be settled at `rate`: the pump's basal, if that is known. */
export function startEstimate(
  model: EstimatorModel,
  at: Millis,
  glucose: MgPerDl,
  rate: UnitsPerHour = model.meanInsulinRate,
): EstimatorState {
  const estimate = doubles(ESTIMATE);
  settle(estimate, model.parameters, rate / 60);
  start(estimate, glucose, model.variances);
  return { at, readAt: at, estimate, evidence: noEvidence(), forecasts: doubles(OPEN_LOOP) };
}

/** Moves the estimate to the sample's time and takes its reading in, if it has one. Pure. */
export function step(
  state: EstimatorState,
  model: EstimatorModel,
  sample: Sample,
): { readonly state: EstimatorState; readonly innovation?: Innovation } {
  const estimate = state.estimate.slice();
  const evidence = state.evidence.slice();
  const forecasts = state.forecasts.slice();
  const { parameters, variances } = model;
  const steps = Math.max(1, Math.ceil(sample.sinceMin / ESTIMATOR_STEP_MIN - 0.5));
  const decays = decaysOf(parameters, variances, sample.sinceMin / steps);
  openOnsets(evidence, state.at, sample.at, sample.carbohydrates);
  for (let index = 0; index < steps; index += 1) {
    const last = index === steps - 1;
    advanceInsulin(estimate, 0, parameters, decays, sample.insulin / steps);
    advanceGut(estimate, 0, parameters, decays, index === 0 ? sample.carbohydrates : 0);
    predict(estimate, parameters, variances, decays, linear);
    followForecasts(forecasts, estimate, parameters, variances, decays);
    if (!last) followStep(evidence, parameters, decays, sample.insulin / steps, estimate[SENSITIVITY]!, linear);
  }
  const sensitivity = estimate[SENSITIVITY]!;
  const predicted = estimate[GLUCOSE]! + estimate[GLUCOSE + 3]!;
  const observed = sample.glucose;
  const informative =
    observed !== undefined &&
    !(observed > SENSOR_CEILING && predicted > observed) &&
    !(observed < SENSOR_FLOOR && predicted < observed);
  if (informative) correct(estimate, variances, observed, linear);
  followStep(evidence, parameters, decays, sample.insulin / steps, sensitivity, linear);
  const readAt = observed === undefined ? state.readAt : sample.at;
  const next: EstimatorState = { at: sample.at, readAt, estimate, evidence, forecasts };
  if (!informative) {
    openForecast(forecasts, estimate, state.at, sample.at);
    return { state: next };
  }
  const openLoop = residual(forecasts, variances, sample.at, observed);
  openForecast(forecasts, estimate, state.at, sample.at);
  const activity = estimate[EFFECT]!;
  const usual = (parameters.insulinEffectPerUnit * model.meanInsulinRate) / 60;
  return {
    state: next,
    innovation: {
      at: sample.at,
      predicted,
      observed,
      variance: linear.variance,
      normalised: linear.innovation / Math.sqrt(linear.variance),
      sinceMin: (sample.at - state.at) / MINUTE,
      insulinActivity: activity,
      relativeInsulinActivity: usual > 0 ? activity / usual : 0,
      ...(openLoop === undefined ? {} : { openLoop }),
      delivery: weigh(evidence),
    },
  };
}
