import type { Grams, MgPerDl, Units } from '#base/units';
import type { HandsetSettings } from '../settings.ts';

export interface MealBolusInput {
  readonly carbohydrates: Grams;
  /** Undefined when no fresh reading is known: no correction then. */
  readonly glucose: MgPerDl | undefined;
  readonly insulinOnBoard: Units;
}

/** Corrections begin above this, as in the basal-bolus controller of the UVA/Padova simulators. */
export const CORRECT_ABOVE: MgPerDl = 150;

/**
 * The bolus calculator of basal-bolus therapy: carbohydrates / ratio, plus (glucose - target) / correction factor above
 * `CORRECT_ABOVE`. Insulin on board reduces the correction and never the meal's share.
 */
export function mealBolus(input: MealBolusInput, settings: HandsetSettings): Units {
  const { carbohydrates, glucose, insulinOnBoard } = input;
  const meal = Math.max(0, carbohydrates) / settings.carbRatio;
  if (glucose === undefined || glucose <= CORRECT_ABOVE) return meal;
  const correction = (glucose - settings.targetGlucose) / settings.correctionFactor;
  return meal + Math.max(0, correction - Math.max(0, insulinOnBoard));
}
