import type { MgPerDl } from '#base/units';
import type { IdentifiedParameters, IdentifiedVariances } from './commissioned-model.ts';
import type { Decays } from './decays.ts';
import { DRIVEN, MEAN_APPEARANCE, MEAN_EFFECT } from './glucose-model.ts';

/**
 * Extended Kalman filter of four states beside the driven compartments: glucose, unexplained appearance of glucose (a meal
 * nobody announced, a change of production), relative change of insulin's effect, and the coloured part of the sensor's
 * error. The last three are Ornstein-Uhlenbeck processes. A reading measures glucose plus the coloured error.
 */

/** Offsets in the estimate's vector, after the driven block. */
export const GLUCOSE = DRIVEN;
export const DISTURBANCE = DRIVEN + 1;
export const SENSITIVITY = DRIVEN + 2;
export const COLOUR = DRIVEN + 3;
/** Upper triangle of the covariance, row by row: GG GD GS GC DD DS DC SS SC CC. */
export const COVARIANCE = DRIVEN + 4;
export const ESTIMATE = COVARIANCE + 10;

/** The linearised step just taken; a caller that follows deviations from the estimate needs exactly these. */
export interface Linearisation {
  /** Derivatives of the next glucose by glucose, disturbance and sensitivity. */
  keepGlucose: number;
  byDisturbance: number;
  bySensitivity: number;
  keepDisturbance: number;
  keepSensitivity: number;
  keepColour: number;
  /** Glucose in the middle of the step, mg/dL. */
  meanGlucose: number;
  /** Gains of the correction, after down-weighting; all 0 where no reading was taken in. */
  gainGlucose: number;
  gainDisturbance: number;
  gainSensitivity: number;
  gainColour: number;
  /** Observed minus predicted, and its variance. */
  innovation: number;
  variance: number;
  /** 1, or less for a reading further out than a Gaussian sensor would put it. */
  weight: number;
}

export const createLinearisation = (): Linearisation => ({
  keepGlucose: 1,
  byDisturbance: 0,
  bySensitivity: 0,
  keepDisturbance: 1,
  keepSensitivity: 1,
  keepColour: 1,
  meanGlucose: 0,
  gainGlucose: 0,
  gainDisturbance: 0,
  gainSensitivity: 0,
  gainColour: 0,
  innovation: 0,
  variance: 0,
  weight: 0,
});

/** Insulin's effect is never believed to be off by more than this, so that a long attack cannot drag the model away. */
const SENSITIVITY_BOUND = 0.8;

/** The estimate right after its first reading. */
export function start(estimate: number[], glucose: number, variances: IdentifiedVariances): void {
  estimate.fill(0, GLUCOSE);
  estimate[GLUCOSE] = glucose;
  estimate[COVARIANCE] = variances.sensorWhite ** 2 + variances.sensorColoured ** 2;
  estimate[COVARIANCE + 3] = -(variances.sensorColoured ** 2);
  estimate[COVARIANCE + 4] = variances.disturbance ** 2;
  estimate[COVARIANCE + 7] = variances.sensitivity ** 2;
  estimate[COVARIANCE + 9] = variances.sensorColoured ** 2;
}

/** Moves the estimate on by one step, the driven block having been moved already. Writes the step into `linear`. */
export function predict(
  estimate: number[],
  parameters: IdentifiedParameters,
  variances: IdentifiedVariances,
  decays: Decays,
  linear: Linearisation,
): void {
  const { stepMin, disturbance: kd, sensitivity: ks, colour: kc } = decays;
  const disturbance = estimate[DISTURBANCE]!;
  const sensitivity = estimate[SENSITIVITY]!;
  const effect = estimate[MEAN_EFFECT]!;
  const appearance = estimate[MEAN_APPEARANCE]!;

  const rate = parameters.glucoseEffectivenessPerMin + Math.max(0, effect * (1 + sensitivity));
  const keep = Math.exp(-rate * stepMin);
  const fill = (1 - keep) / rate;
  const glucose = estimate[GLUCOSE]!;
  const next = glucose * keep + (parameters.endogenousProduction + appearance + disturbance) * fill;
  const mean = (glucose + next) / 2;
  const f = keep;
  const fd = fill;
  const fs = -effect * mean * fill;

  const c = COVARIANCE;
  const gg = estimate[c]!;
  const gd = estimate[c + 1]!;
  const gs = estimate[c + 2]!;
  const gc = estimate[c + 3]!;
  const dd = estimate[c + 4]!;
  const ds = estimate[c + 5]!;
  const dc = estimate[c + 6]!;
  const ss = estimate[c + 7]!;
  const sc = estimate[c + 8]!;
  const cc = estimate[c + 9]!;
  // Rows of F P for glucose against each state.
  const ag = f * gg + fd * gd + fs * gs;
  const ad = f * gd + fd * dd + fs * ds;
  const as = f * gs + fd * ds + fs * ss;
  const ac = f * gc + fd * dc + fs * sc;
  const treated = glucose < TREATED_BELOW ? TREATMENT : 0;
  const disturbed = variances.disturbance ** 2 + (variances.mealUncertainty * appearance) ** 2 + treated ** 2;

  estimate[GLUCOSE] = next;
  estimate[DISTURBANCE] = kd * disturbance;
  estimate[SENSITIVITY] = ks * sensitivity;
  estimate[COLOUR] = kc * estimate[COLOUR]!;
  estimate[c] = f * ag + fd * ad + fs * as + PROCESS_FLOOR * stepMin;
  estimate[c + 1] = kd * ad;
  estimate[c + 2] = ks * as;
  estimate[c + 3] = kc * ac;
  estimate[c + 4] = kd * kd * dd + (1 - kd * kd) * disturbed;
  estimate[c + 5] = kd * ks * ds;
  estimate[c + 6] = kd * kc * dc;
  estimate[c + 7] = ks * ks * ss + (1 - ks * ks) * variances.sensitivity ** 2;
  estimate[c + 8] = ks * kc * sc;
  estimate[c + 9] = kc * kc * cc + (1 - kc * kc) * variances.sensorColoured ** 2;

  linear.keepGlucose = f;
  linear.byDisturbance = fd;
  linear.bySensitivity = fs;
  linear.keepDisturbance = kd;
  linear.keepSensitivity = ks;
  linear.keepColour = kc;
  linear.meanGlucose = mean;
  linear.gainGlucose = 0;
  linear.gainDisturbance = 0;
  linear.gainSensitivity = 0;
  linear.gainColour = 0;
  linear.innovation = 0;
  linear.variance = 0;
  linear.weight = 0;
}

/**
 * Who is low eats, and tells nobody: below this, appearance of that size, (mg/dL)/min, is no surprise. Otherwise what a person
 * eats against too much insulin would be held against the insulin being too much.
 */
const TREATED_BELOW: MgPerDl = 65;
const TREATMENT = 3;

/** Keeps the covariance positive where every other noise is tiny; (mg/dL)^2 per minute. */
const PROCESS_FLOOR = 0.01;

/** Standard deviations beyond which a reading is down-weighted (Huber). */
const TRUSTED_DEVIATION = 3;

/** Takes a reading in. Completes `linear` with the innovation and the gains used. */
export function correct(
  estimate: number[],
  variances: IdentifiedVariances,
  observed: number,
  linear: Linearisation,
): void {
  const c = COVARIANCE;
  const hg = estimate[c]! + estimate[c + 3]!;
  const hd = estimate[c + 1]! + estimate[c + 6]!;
  const hs = estimate[c + 2]! + estimate[c + 8]!;
  const hc = estimate[c + 3]! + estimate[c + 9]!;
  const variance = hg + hc + variances.sensorWhite ** 2;
  const innovation = observed - estimate[GLUCOSE]! - estimate[COLOUR]!;
  const weight = Math.min(1, (TRUSTED_DEVIATION * Math.sqrt(variance)) / Math.abs(innovation));
  const scale = weight / variance;
  const gg = hg * scale;
  const gd = hd * scale;
  const gs = hs * scale;
  const gc = hc * scale;

  estimate[GLUCOSE] = Math.max(1, estimate[GLUCOSE]! + gg * innovation);
  estimate[DISTURBANCE] = estimate[DISTURBANCE]! + gd * innovation;
  const sensitivity = estimate[SENSITIVITY]! + gs * innovation;
  estimate[SENSITIVITY] = Math.min(SENSITIVITY_BOUND, Math.max(-SENSITIVITY_BOUND, sensitivity));
  estimate[COLOUR] = estimate[COLOUR]! + gc * innovation;
  estimate[c] = estimate[c]! - gg * hg;
  estimate[c + 1] = estimate[c + 1]! - gg * hd;
  estimate[c + 2] = estimate[c + 2]! - gg * hs;
  estimate[c + 3] = estimate[c + 3]! - gg * hc;
  estimate[c + 4] = estimate[c + 4]! - gd * hd;
  estimate[c + 5] = estimate[c + 5]! - gd * hs;
  estimate[c + 6] = estimate[c + 6]! - gd * hc;
  estimate[c + 7] = estimate[c + 7]! - gs * hs;
  estimate[c + 8] = estimate[c + 8]! - gs * hc;
  estimate[c + 9] = estimate[c + 9]! - gc * hc;

  linear.gainGlucose = gg;
  linear.gainDisturbance = gd;
  linear.gainSensitivity = gs;
  linear.gainColour = gc;
  linear.innovation = innovation;
  linear.variance = variance;
  linear.weight = weight;
}
