import { MINUTE, type Millis } from '#base/time';
import type { Fraction, Minutes, Units } from '#base/units';

/**
 * The exponential insulin action model of Loop and oref0 (LoopKit/Loop issue 388; oref0 `iob/calculate.js`): activity rises to its
 * peak and ends at `duration`.
 */
export interface ActionCurve {
  readonly peak: Minutes;
  readonly duration: Minutes;
}

/** Rapid-acting analogue in adults: oref0's and Loop's defaults. */
export const RAPID_ACTING: ActionCurve = { peak: 75, duration: 360 };

/** Proportion of a dose whose action is still to come, `age` minutes after it. */
export function insulinRemaining({ peak, duration }: ActionCurve, age: Minutes): Fraction {
  if (age <= 0) return 1;
  if (age >= duration) return 0;
  const tau = (peak * (1 - peak / duration)) / (1 - (2 * peak) / duration);
  const rise = (2 * tau) / duration;
  const scale = 1 / (1 - rise + (1 + rise) * Math.exp(-duration / tau));
  const tail = (age * age) / (tau * duration * (1 - rise)) - age / tau - 1;
  return 1 - scale * (1 - rise) * (tail * Math.exp(-age / tau) + 1);
}

/**
 * The doses of the last hours. Basal counts as its difference from the profile, so a negative amount is missing basal. A dose
 * from the future, which a clock that was set back makes, counts in full.
 */
export interface InsulinOnBoard {
  record(units: Units, at: Millis): void;
  at(now: Millis): Units;
}

const MOST_DOSES = 512;

export function createInsulinOnBoard(curve: ActionCurve = RAPID_ACTING): InsulinOnBoard {
  const remaining = new Float64Array(curve.duration + 1);
  for (let minute = 0; minute <= curve.duration; minute += 1) remaining[minute] = insulinRemaining(curve, minute);
  const longest = curve.duration * MINUTE;
  // A ring in two arrays, not a list of records: all doses of the last hours are added up twice with every reading.
  const amounts = new Float64Array(MOST_DOSES);
  const givenAt = new Float64Array(MOST_DOSES);
  let first = 0;
  let count = 0;

  return {
    record(units, at) {
      if (units === 0) return;
      // Only from the front: an old dose behind a younger one, which a moved clock makes, counts nothing until it gets there.
      while (count > 0 && (at - givenAt[first]! >= longest || count === MOST_DOSES)) {
        first = (first + 1) % MOST_DOSES;
        count -= 1;
      }
      const free = (first + count) % MOST_DOSES;
      amounts[free] = units;
      givenAt[free] = at;
      count += 1;
    },
    at(now) {
      let total = 0;
      for (let place = 0; place < count; place += 1) {
        const dose = (first + place) % MOST_DOSES;
        const age = Math.max(0, Math.round((now - givenAt[dose]!) / MINUTE));
        if (age < curve.duration) total += amounts[dose]! * remaining[age]!;
      }
      return total;
    },
  };
}
