import type { Millis } from '#base/time';
import type { Grams, MgPerDl, Minutes, Units } from '#base/units';

/** What one step of the estimator takes in: what was reported as delivered and eaten since the last, and a reading. */
export interface Sample {
  readonly at: Millis;
  readonly sinceMin: Minutes;
  readonly insulin: Units;
  readonly carbohydrates: Grams;
  /** Absent where time passed without a reading. */
  readonly glucose?: MgPerDl;
}
