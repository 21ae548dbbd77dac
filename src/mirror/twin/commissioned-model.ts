import type { Millis } from '#base/time';
import type { Fraction, MgPerDl, Minutes, UnitsPerHour } from '#base/units';
import type { GramsPerUnit } from '#model/physiology/patient-model';
import type { RiskScores } from './risk-scores.ts';

/**
 * The identifiable virtual patient (Kanderian et al., J Diabetes Sci Technol 3 (2009) 1047-1057) as far as glucose and
 * reported insulin can tell: insulin clearance and sensitivity only show as their quotient, and a gram of carbohydrate only
 * by how far it raises glucose.
 */
export interface IdentifiedParameters {
  /** `SI / CI`: the rate at which glucose falls per unit of insulin a minute, once settled; 1/[iU]. */
  readonly insulinEffectPerUnit: number;
  /** Time constants of the two insulin compartments. */
  readonly subcutaneousMin: Minutes;
  readonly plasmaMin: Minutes;
  /** `p2`, the rate at which insulin's effect follows plasma insulin, 1/min. */
  readonly effectRatePerMin: number;
  /** `GEZI`, glucose effectiveness at zero insulin, 1/min. */
  readonly glucoseEffectivenessPerMin: number;
  /** `EGP`, endogenous glucose production, (mg/dL)/min. */
  readonly endogenousProduction: number;
  /** Rise of glucose per gram absorbed (bioavailability over distribution volume), (mg/dL)/g. */
  readonly risePerGram: number;
  /** Time constant of each of the two gut compartments. */
  readonly absorptionMin: Minutes;
}

/** How far the model and the sensor are trusted: standard deviations of the estimator's noises, and their memories. */
export interface IdentifiedVariances {
  /** White part of the sensor's error, mg/dL. */
  readonly sensorWhite: MgPerDl;
  /** Coloured part of the sensor's error, mg/dL, and its time constant. */
  readonly sensorColoured: MgPerDl;
  readonly sensorColourMin: Minutes;
  /** Glucose appearance that nothing reported explains, (mg/dL)/min, and its time constant. */
  readonly disturbance: number;
  readonly disturbanceMin: Minutes;
  /** The same during absorption of an announced meal, as a fraction of the appearance expected of it. */
  readonly mealUncertainty: Fraction;
  /** Slow change of insulin's effect, relative, and its time constant. */
  readonly sensitivity: Fraction;
  readonly sensitivityMin: Minutes;
}

/** Above these an attack-free day is expected to stay, at the false rate they were tuned to. */
export interface DetectionThresholds {
  /** Evidence (log-likelihood ratio) that insulin reported as delivered has not acted. */
  readonly missingInsulin: number;
  /** Evidence that more insulin acts than was reported. */
  readonly excessInsulin: number;
  /** Running mean of how far readings lie below 70 mg/dL, mg/dL. */
  readonly lowBurden: number;
  /** A single reading, standard deviations from what is expected, either way. */
  readonly jump: number;
  /** One-sided CUSUMs of the normalised innovations: readings above, and below, what is expected. */
  readonly readingsHigh: number;
  readonly readingsLow: number;
  /** Mean of squared normalised innovations over an hour. */
  readonly innovationSquare: number;
  /** Residual of the forecast made hours ago, in its own standard deviations, above and below. */
  readonly openLoopHigh: number;
  readonly openLoopLow: number;
}

/**
 * The 90 % band of a forecast of readings as this person's attack-free days had it: at each horizon, rising, how many of the
 * forecast's deviations its lower and upper edge lie from the mean.
 */
export interface ForecastBands {
  readonly horizonsMin: readonly Minutes[];
  /** At most 0. */
  readonly low: readonly number[];
  /** At least 0. */
  readonly high: readonly number[];
}

/** All that is known of a subject from an attack-free period; plain data, recorded when the twin is put into service. */
export interface CommissionedModel {
  readonly kind: 'CommissionedModel';
  readonly parameters: IdentifiedParameters;
  readonly variances: IdentifiedVariances;
  readonly thresholds: DetectionThresholds;
  /** Absent where the period was too short to tell, and in models made before there were any. */
  readonly bands?: ForecastBands;
  /** What risks are stated from. Absent likewise: nothing is then stated. */
  readonly risk?: RiskScores;
  /** What the pump reported as programmed, for each hour of the day. */
  readonly basalProfile: readonly UnitsPerHour[];
  /** What the handset reported; 0 where it never did. */
  readonly carbRatio: GramsPerUnit;
  /** Mean insulin rate, basal and boluses, over the period. */
  readonly meanInsulinRate: UnitsPerHour;
  readonly period: { readonly from: Millis; readonly to: Millis };
  /** Glucose readings the identification rests on. */
  readonly readings: number;
  /** SHA-256 of what was taken from the messages it was identified from, lower-case hexadecimal. */
  readonly identifiedFrom: string;
}
