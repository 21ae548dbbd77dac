import { assert } from '#base/assert';
import type { GramsPerMinute, MgPerDl, UnitsPerHour } from '#base/units';
import type { GramsPerUnit } from '#model/physiology/patient-model';
import type { IdentifiedParameters, IdentifiedVariances } from './commissioned-model.ts';
import { decaysOf } from './decays.ts';
import { doubles } from './doubles.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { advanceGut, advanceInsulin, settle } from './glucose-model.ts';
import { correct, createLinearisation, ESTIMATE, predict, start } from './kalman.ts';
import { leastSquares } from './levenberg-marquardt.ts';
import type { Sample } from './sample.ts';

/** What the messages say of a person as a whole; identification starts from it. */
export interface Characteristics {
  readonly meanInsulinRate: UnitsPerHour;
  readonly meanGlucose: MgPerDl;
  readonly meanCarbohydrates: GramsPerMinute;
  /** As the handset reports it, or by a dosing rule. */
  readonly carbRatio: GramsPerUnit;
}

/**
 * Where identification starts and what holds it where the data say little: medians, and standard deviations of logarithms.
 * Time constants and effectiveness: Kanderian et al. 2009 (ten adults), widened, as the people to come are children too.
 * Insulin's effect is stated for the mean insulin rate, which makes it the same for a child and an adult: the rule "1700
 * divided by the daily dose is the fall per unit" puts it at 17/1440 per minute. A gram's rise is stated against the fall by
 * the insulin that the carbohydrate ratio gives for it, production against what balances the mean day.
 */
const PRIOR = {
  effectOfMeanRate: { median: 0.0118, deviation: 0.35 },
  subcutaneousMin: { median: 50, deviation: 0.3 },
  plasmaMin: { median: 45, deviation: 0.3 },
  effectRatePerMin: { median: 0.015, deviation: 0.4 },
  glucoseEffectivenessPerMin: { median: 0.0025, deviation: 0.5 },
  productionBalance: { median: 1, deviation: 0.2 },
  mealBalance: { median: 1, deviation: 0.3 },
  absorptionMin: { median: 40, deviation: 0.4 },
} as const;

/**
 * The prior's residuals count this many times: innovations five minutes apart are not independent, and no body is of the
 * model, so that what fits a person's days best is not what predicts them best. Measured: at 3 a third more faults of delivery
 * go unseen at the same false rate.
 */
const PRIOR_WEIGHT = 5;
/** Glucose at which the dosing rules are stated, mg/dL. */
const REFERENCE_GLUCOSE: MgPerDl = 120;

const NAMES = Object.keys(PRIOR) as readonly (keyof typeof PRIOR)[];

/** Where the noises start; only those that the readings tell about are then identified. */
export const PRIOR_VARIANCES: IdentifiedVariances = {
  sensorWhite: 2,
  sensorColoured: 7,
  sensorColourMin: 25,
  disturbance: 0.3,
  disturbanceMin: 45,
  mealUncertainty: 0.5,
  sensitivity: 0.15,
  sensitivityMin: 1440,
};

/**
 * Identification trusts single readings little and unexplained appearance less, so that the innovations look hours ahead: what
 * the twin is asked is where glucose is going, and a filter that follows each reading fits any model.
 */
const IDENTIFYING_VARIANCES: IdentifiedVariances = {
  ...PRIOR_VARIANCES,
  sensorWhite: 15,
  sensorColoured: 0.1,
  disturbance: 0.15,
  disturbanceMin: 120,
  mealUncertainty: 0.2,
  sensitivity: 0.15,
  sensitivityMin: 720,
};

/** Standard deviations at which a residual's influence stops growing: meals nobody announced must not bend the model. */
const HUBER = 2.5;
/** Readings until what the body held at the start, which nobody reported, is gone: six hours. */
export const RUN_IN = 72;
const FIRST_PASS = { iterations: 4, tolerance: 1e-3 };
const SECOND_PASS = { iterations: 5, tolerance: 1e-3 };
/** Of the identifying standard deviations; a perfect model is not believed. */
const LEAST_SPREAD = 0.1;

function parametersAt(x: Float64Array, person: Characteristics): IdentifiedParameters {
  const value = (name: keyof typeof PRIOR): number =>
    PRIOR[name].median * Math.exp(PRIOR[name].deviation * x[NAMES.indexOf(name)]!);
  const effect = value('effectOfMeanRate');
  const insulinEffectPerUnit = effect / (person.meanInsulinRate / 60);
  const risePerGram = (value('mealBalance') * insulinEffectPerUnit * REFERENCE_GLUCOSE) / person.carbRatio;
  const glucoseEffectivenessPerMin = value('glucoseEffectivenessPerMin');
  const turnover = (glucoseEffectivenessPerMin + effect) * person.meanGlucose;
  const balance = Math.max(LEAST_PRODUCTION_SHARE * turnover, turnover - person.meanCarbohydrates * risePerGram);
  return {
    insulinEffectPerUnit,
    subcutaneousMin: value('subcutaneousMin'),
    plasmaMin: value('plasmaMin'),
    effectRatePerMin: value('effectRatePerMin'),
    glucoseEffectivenessPerMin,
    endogenousProduction: value('productionBalance') * balance,
    risePerGram,
    absorptionMin: value('absorptionMin'),
  };
}

/** Production is at least this share of the turnover, whatever the meals. */
const LEAST_PRODUCTION_SHARE = 0.2;

const linear = createLinearisation();
const estimate = doubles(ESTIMATE);

/** Runs the filter over the samples, telling each innovation and its variance. */
export function filterSamples(
  samples: readonly Sample[],
  parameters: IdentifiedParameters,
  variances: IdentifiedVariances,
  meanInsulinRate: UnitsPerHour,
  each: (index: number, innovation: number, variance: number) => void,
): void {
  settle(estimate, parameters, meanInsulinRate / 60);
  start(estimate, samples[0]!.glucose!, variances);
  for (let index = 1; index < samples.length; index += 1) {
    const sample = samples[index]!;
    const steps = Math.max(1, Math.ceil(sample.sinceMin / ESTIMATOR_STEP_MIN - 0.5));
    const decays = decaysOf(parameters, variances, sample.sinceMin / steps);
    for (let part = 0; part < steps; part += 1) {
      advanceInsulin(estimate, 0, parameters, decays, sample.insulin / steps);
      advanceGut(estimate, 0, parameters, decays, part === 0 ? sample.carbohydrates : 0);
      predict(estimate, parameters, variances, decays, linear);
    }
    if (sample.glucose === undefined) continue;
    correct(estimate, variances, sample.glucose, linear);
    each(index, linear.innovation, linear.variance);
  }
}

/** The parameters that make the filter's innovations small, held by the prior. */
export function identifyParameters(
  samples: readonly Sample[],
  person: Characteristics,
  priorWeight: number = PRIOR_WEIGHT,
): IdentifiedParameters {
  const { meanInsulinRate } = person;
  assert(meanInsulinRate > 0, `identification needs insulin, mean rate \`${meanInsulinRate}\``);
  const count = samples.length + NAMES.length;
  // How far ahead the innovations really are from the model is known only once there is a model: two passes.
  let spread = 1;
  const residualsAt = (x: Float64Array, residuals: Float64Array): void => {
    residuals.fill(0);
    filterSamples(
      samples,
      parametersAt(x, person),
      IDENTIFYING_VARIANCES,
      meanInsulinRate,
      (index, innovation, variance) => {
        if (index < RUN_IN) return;
        const deviation = innovation / (spread * Math.sqrt(variance));
        const size = Math.abs(deviation);
        residuals[index] = size <= HUBER ? deviation : Math.sign(deviation) * Math.sqrt(HUBER * (2 * size - HUBER));
      },
    );
    for (let index = 0; index < NAMES.length; index += 1) residuals[samples.length + index] = priorWeight * x[index]!;
  };
  const first = leastSquares(residualsAt, new Float64Array(NAMES.length), count, FIRST_PASS);
  const prior = first.x.reduce((sum, value) => sum + (priorWeight * value) ** 2, 0);
  spread = Math.max(LEAST_SPREAD, Math.sqrt((first.sum - prior) / samples.length));
  return parametersAt(leastSquares(residualsAt, first.x, count, SECOND_PASS).x, person);
}
