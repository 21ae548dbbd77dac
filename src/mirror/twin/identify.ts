import { assert } from '#base/assert';
import type { UnitsPerHour } from '#base/units';
import type { IdentifiedParameters, IdentifiedVariances } from './commissioned-model.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { advanceGut, advanceInsulin, settle } from './glucose-model.ts';
import { correct, createLinearisation, ESTIMATE, predict, start } from './kalman.ts';
import { leastSquares } from './levenberg-marquardt.ts';
import type { Sample } from './sample.ts';

/**
 * Where identification starts and what holds it where the data say little: means and standard deviations of the logarithms.
 * Kanderian et al. 2009 (ten adults; their spread, widened, as the people to come are children too). Insulin's effect is
 * stated for the mean insulin rate, which makes it the same for a child and an adult.
 */
const PRIOR = {
  effectOfMeanRate: { median: 0.0067, deviation: 0.5 },
  subcutaneousMin: { median: 50, deviation: 0.3 },
  plasmaMin: { median: 45, deviation: 0.3 },
  effectRatePerMin: { median: 0.015, deviation: 0.5 },
  glucoseEffectivenessPerMin: { median: 0.0025, deviation: 0.5 },
  endogenousProduction: { median: 1.3, deviation: 0.4 },
  risePerGram: { median: 5, deviation: 0.7 },
  absorptionMin: { median: 40, deviation: 0.4 },
} as const;

const NAMES = Object.keys(PRIOR) as readonly (keyof typeof PRIOR)[];

/** Where the noises start; only those that the readings tell about are then identified. */
export const PRIOR_VARIANCES: IdentifiedVariances = {
  sensorWhite: 2,
  sensorColoured: 7,
  sensorColourMin: 25,
  disturbance: 0.45,
  disturbanceMin: 45,
  mealUncertainty: 0.5,
  sensitivity: 0.2,
  sensitivityMin: 600,
};

/** Standard deviations at which a residual's influence stops growing: meals nobody announced must not bend the model. */
const HUBER = 2.5;
const ITERATIONS = 6;

function parametersAt(x: Float64Array, meanInsulinRate: UnitsPerHour): IdentifiedParameters {
  const value = (name: keyof typeof PRIOR): number =>
    PRIOR[name].median * Math.exp(PRIOR[name].deviation * x[NAMES.indexOf(name)]!);
  return {
    insulinEffectPerUnit: value('effectOfMeanRate') / (meanInsulinRate / 60),
    subcutaneousMin: value('subcutaneousMin'),
    plasmaMin: value('plasmaMin'),
    effectRatePerMin: value('effectRatePerMin'),
    glucoseEffectivenessPerMin: value('glucoseEffectivenessPerMin'),
    endogenousProduction: value('endogenousProduction'),
    risePerGram: value('risePerGram'),
    absorptionMin: value('absorptionMin'),
  };
}

const linear = createLinearisation();
const estimate = new Float64Array(ESTIMATE);

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
    const stepMin = sample.sinceMin / steps;
    for (let part = 0; part < steps; part += 1) {
      advanceInsulin(estimate, 0, parameters, stepMin, sample.insulin / steps);
      advanceGut(estimate, 0, parameters, stepMin, part === 0 ? sample.carbohydrates : 0);
      predict(estimate, parameters, variances, stepMin, linear);
    }
    if (sample.glucose === undefined) continue;
    correct(estimate, variances, sample.glucose, linear);
    each(index, linear.innovation, linear.variance);
  }
}

/** The parameters that make the filter's innovations small, held by the prior. */
export function identifyParameters(
  samples: readonly Sample[],
  meanInsulinRate: UnitsPerHour,
  variances: IdentifiedVariances,
): IdentifiedParameters {
  assert(meanInsulinRate > 0, `identification needs insulin, mean rate \`${meanInsulinRate}\``);
  const count = samples.length + NAMES.length;
  const residualsAt = (x: Float64Array, residuals: Float64Array): void => {
    residuals.fill(0);
    filterSamples(
      samples,
      parametersAt(x, meanInsulinRate),
      variances,
      meanInsulinRate,
      (index, innovation, variance) => {
        const deviation = innovation / Math.sqrt(variance);
        const size = Math.abs(deviation);
        residuals[index] = size <= HUBER ? deviation : Math.sign(deviation) * Math.sqrt(HUBER * (2 * size - HUBER));
      },
    );
    for (let index = 0; index < NAMES.length; index += 1) residuals[samples.length + index] = x[index]!;
  };
  const { x } = leastSquares(residualsAt, new Float64Array(NAMES.length), count, {
    iterations: ITERATIONS,
    tolerance: 1e-3,
  });
  return parametersAt(x, meanInsulinRate);
}
