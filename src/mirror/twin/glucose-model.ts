import type { Grams, Units } from '#base/units';
import type { IdentifiedParameters } from './commissioned-model.ts';
import type { Decays } from './decays.ts';

/**
 * The identifiable virtual patient in the form the estimator steps: insulin and gut compartments are driven by what was
 * reported and hold no uncertainty of their own; glucose is linear given them. Any step length is stable: each compartment is
 * exact for an input held constant, the input of the next one being the mean over the step.
 */

/** Offsets within a driven block: two insulin compartments ([iU]/min) and the effect (1/min); two gut compartments (g). */
export const SUBCUTANEOUS = 0;
export const PLASMA = 1;
export const EFFECT = 2;
export const STOMACH = 3;
export const GUT = 4;
/** Means over the last step: insulin's effect, 1/min, and glucose appearance from announced meals, (mg/dL)/min. */
export const MEAN_EFFECT = 5;
export const MEAN_APPEARANCE = 6;
export const DRIVEN = 7;

/** Moves the insulin part of the block at `offset` on; leaves the mean effect over the step in `MEAN_EFFECT`. */
export function advanceInsulin(
  block: number[],
  offset: number,
  parameters: IdentifiedParameters,
  decays: Decays,
  insulin: Units,
): void {
  const rate = insulin / decays.stepMin;
  const subcutaneous = block[offset + SUBCUTANEOUS]!;
  const plasma = block[offset + PLASMA]!;
  const effect = block[offset + EFFECT]!;
  const nextSubcutaneous = rate + (subcutaneous - rate) * decays.subcutaneous;
  const intoPlasma = (subcutaneous + nextSubcutaneous) / 2;
  const nextPlasma = intoPlasma + (plasma - intoPlasma) * decays.plasma;
  const intoEffect = (parameters.insulinEffectPerUnit * (plasma + nextPlasma)) / 2;
  const nextEffect = intoEffect + (effect - intoEffect) * decays.effect;
  block[offset + SUBCUTANEOUS] = nextSubcutaneous;
  block[offset + PLASMA] = nextPlasma;
  block[offset + EFFECT] = nextEffect;
  block[offset + MEAN_EFFECT] = (effect + nextEffect) / 2;
}

/** Moves the gut part on, `carbohydrates` eaten at the step's start; leaves the mean appearance in `MEAN_APPEARANCE`. */
export function advanceGut(
  block: number[],
  offset: number,
  parameters: IdentifiedParameters,
  decays: Decays,
  carbohydrates: Grams,
): void {
  const stomach = block[offset + STOMACH]! + carbohydrates;
  const gut = block[offset + GUT]!;
  const { stepMin, absorption: kept } = decays;
  const nextStomach = stomach * kept;
  const nextGut = (gut + (stomach * stepMin) / parameters.absorptionMin) * kept;
  block[offset + STOMACH] = nextStomach;
  block[offset + GUT] = nextGut;
  block[offset + MEAN_APPEARANCE] = (parameters.risePerGram * (stomach + gut - nextStomach - nextGut)) / stepMin;
}

/** The compartments' state once `rate` has been delivered for long and nothing was eaten. */
export function settle(block: number[], parameters: IdentifiedParameters, ratePerMin: number): void {
  block.fill(0, 0, DRIVEN);
  block[SUBCUTANEOUS] = ratePerMin;
  block[PLASMA] = ratePerMin;
  block[EFFECT] = parameters.insulinEffectPerUnit * ratePerMin;
  block[MEAN_EFFECT] = block[EFFECT]!;
}
