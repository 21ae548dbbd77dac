import type { Grams, MgPerDl, Units, UnitsPerHour } from '#base/units';

/** `g/[iU]` */
export type GramsPerUnit = number;
/** `(mg/dL)/[iU]` */
export type MgPerDlPerUnit = number;

export type HandsetMode = 'closed-loop' | 'open-loop';

/** What the user, or malware, can change on the handset. The handset is the master of the pump's profile and limits. */
export interface HandsetSettings {
  readonly mode: HandsetMode;
  readonly carbRatio: GramsPerUnit;
  readonly correctionFactor: MgPerDlPerUnit;
  readonly targetGlucose: MgPerDl;
  readonly maxInsulinOnBoard: Units;
  readonly maxBolus: Units;
  readonly maxBasal: UnitsPerHour;
  /** 24 hourly rates, from midnight on. */
  readonly basalProfile: readonly UnitsPerHour[];
}

/** Largest meal that the user interface accepts. */
export const MAX_MEAL: Grams = 300;
