import type { Minutes } from '#base/units';
import type { IdentifiedParameters, IdentifiedVariances } from './commissioned-model.ts';

/** What is left of each exponential of the model after one step: a fraction of 1. */
export interface Decays {
  readonly stepMin: Minutes;
  readonly subcutaneous: number;
  readonly plasma: number;
  readonly effect: number;
  readonly absorption: number;
  readonly disturbance: number;
  readonly sensitivity: number;
  readonly colour: number;
}

/**
 * One step moves the estimate, six forecasts and forty hypotheses by the same decays, and most steps are five minutes long: the
 * last ones are kept. INVARIANT: what is kept is a function of its key, so that no result depends on it.
 */
let key: { readonly parameters: IdentifiedParameters; readonly variances: IdentifiedVariances } | undefined;
let kept: Decays | undefined;

export function decaysOf(parameters: IdentifiedParameters, variances: IdentifiedVariances, stepMin: Minutes): Decays {
  const isKept = key?.parameters === parameters && key.variances === variances && kept?.stepMin === stepMin;
  if (kept !== undefined && isKept) return kept;
  key = { parameters, variances };
  kept = {
    stepMin,
    subcutaneous: Math.exp(-stepMin / parameters.subcutaneousMin),
    plasma: Math.exp(-stepMin / parameters.plasmaMin),
    effect: Math.exp(-stepMin * parameters.effectRatePerMin),
    absorption: Math.exp(-stepMin / parameters.absorptionMin),
    disturbance: Math.exp(-stepMin / variances.disturbanceMin),
    sensitivity: Math.exp(-stepMin / variances.sensitivityMin),
    colour: Math.exp(-stepMin / variances.sensorColourMin),
  };
  return kept;
}
