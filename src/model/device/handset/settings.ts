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

/** What a clinic knows of a person. */
export interface TherapyFigures {
  readonly basalRate: UnitsPerHour;
  readonly carbRatio: GramsPerUnit;
  readonly correctionFactor: MgPerDlPerUnit;
  readonly totalDailyInsulin: Units;
}

export const DEFAULT_TARGET_GLUCOSE: MgPerDl = 120;

/** Settings as a clinic would choose them: a flat profile, and limits that leave room for a large meal and no more. */
export function settingsFor(figures: TherapyFigures, mode: HandsetMode): HandsetSettings {
  const { basalRate, carbRatio, correctionFactor, totalDailyInsulin } = figures;
  const inTwentieths = (amount: number): number => Math.round(amount * 20) / 20;
  return {
    mode,
    carbRatio,
    correctionFactor,
    targetGlucose: DEFAULT_TARGET_GLUCOSE,
    maxInsulinOnBoard: inTwentieths(totalDailyInsulin * 0.1),
    maxBolus: 25,
    maxBasal: inTwentieths(Math.min(35, 4 * basalRate)),
    basalProfile: Array.from({ length: 24 }, () => basalRate),
  };
}
