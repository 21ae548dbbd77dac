import { HOUR, MINUTE, type Millis } from '#base/time';
import type { Measurement, ThingValue } from '#model/thing/message';
import type { Thinning } from './reporting.ts';

/** A settled property is told again after this, whether it changed or not. */
export const SETTLED_PERIOD: Millis = HOUR;
/**
 * And a state after this: rules go by the state last told, and whoever destroyed the frames that told of a change must not
 * have changed the picture for longer than a device may be silent (rule `silence`).
 */
export const STATE_PERIOD: Millis = 15 * MINUTE;
/** How many reports in a row tell of a change: the radio loses one in a hundred, and no device hears of a loss. */
const TIMES_TOLD = 2;

/** Leaves out of reports what rarely changes and was told. */
export interface ReportThinner {
  thin(measurements: readonly Measurement[], now: Millis): readonly Measurement[];
}

/**
 * Settled properties are told in a device's first report, when their value changes, and every `SETTLED_PERIOD`; states as well,
 * and every `STATE_PERIOD`; slow ones in the first report and every `SETTLED_PERIOD`; all others in every report.
 */
export function createReportThinner({ settled, states, slow }: Thinning): ReportThinner {
  const told = new Map<string, { value: ThingValue; times: number }>();
  let allToldAt = Number.NEGATIVE_INFINITY;
  let statesToldAt = Number.NEGATIVE_INFINITY;

  const isChange = ({ name, value }: Measurement): boolean => {
    const known = told.get(name);
    if (known === undefined || !isSame(known.value, value)) {
      told.set(name, { value, times: 1 });
      return true;
    }
    known.times += 1;
    return known.times <= TIMES_TOLD;
  };

  return {
    thin(measurements, now) {
      const areAllDue = isDue(allToldAt, SETTLED_PERIOD, now);
      const areStatesDue = areAllDue || isDue(statesToldAt, STATE_PERIOD, now);
      if (areAllDue) allToldAt = now;
      if (areStatesDue) statesToldAt = now;
      return measurements.filter((measurement) => {
        const { name } = measurement;
        if (states.has(name)) return isChange(measurement) || areStatesDue;
        if (settled.has(name)) return isChange(measurement) || areAllDue;
        return areAllDue || !slow.has(name);
      });
    },
  };
}

/** A clock that was set back would otherwise hold things back for as long as it was set back. */
const isDue = (toldAt: Millis, period: Millis, now: Millis): boolean => now - toldAt >= period || now < toldAt;

function isSame(left: ThingValue, right: ThingValue): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === right) return left === right;
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
