import type { MgPerDl } from '#base/units';

/**
 * Kovatchev, Cox, Gonder-Frederick, Clarke, Diabetes Care 20 (1997) 1655-1658: the scale on which both ends of the glucose
 * range weigh the same. Negative is low, positive is high, zero lies at about 112.5 mg/dL.
 */
export function symmetrizedGlucose(glucose: MgPerDl): number {
  return 1.509 * (Math.log(glucose) ** 1.084 - 5.381);
}

/** Risk of one reading, 0 to about 100, on the low side; 0 when the reading is high. */
export function lowGlucoseRisk(glucose: MgPerDl): number {
  const value = symmetrizedGlucose(glucose);
  return value < 0 ? 10 * value * value : 0;
}

/** Risk of one reading, 0 to about 100, on the high side; 0 when the reading is low. */
export function highGlucoseRisk(glucose: MgPerDl): number {
  const value = symmetrizedGlucose(glucose);
  return value > 0 ? 10 * value * value : 0;
}
