import type { MgPerDl, Minutes } from '#base/units';

/** A continuous glucose monitor's error, as one published model has it. */
export interface SensorError {
  /**
   * What the monitor shows for the interstitial glucose at `minuteSinceStart`, clamped to what it can show. Minutes do not
   * decrease from call to call; the error is a function of the minute, so reading twice gives the same error.
   */
  read(interstitialGlucose: MgPerDl, minuteSinceStart: Minutes, daysSinceCalibration: number): MgPerDl;
}

/** The least and the most a monitor shows. */
export interface SensorRange {
  readonly low: MgPerDl;
  readonly high: MgPerDl;
}

export function clampToRange(glucose: MgPerDl, range: SensorRange): MgPerDl {
  return Math.min(range.high, Math.max(range.low, glucose));
}
