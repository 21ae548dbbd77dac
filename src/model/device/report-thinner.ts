import { HOUR, type Millis } from '#base/time';
import type { Measurement, ThingValue } from '#model/thing/message';

/** A settled property is told again after this, whether it changed or not. */
export const SETTLED_PERIOD: Millis = HOUR;
/** How many reports in a row tell of a change: the radio loses one in a hundred, and no device hears of a loss. */
const TIMES_TOLD = 2;

/** Leaves out of reports what rarely changes and was told. */
export interface ReportThinner {
  thin(measurements: readonly Measurement[], now: Millis): readonly Measurement[];
}

/**
 * `settled` properties are told in a device's first report, when their value changes, and every `SETTLED_PERIOD`; `slow` ones,
 * which change all the time and matter to nobody within the hour, in the first report and every `SETTLED_PERIOD`; all others in
 * every report.
 */
export function createReportThinner(settled: ReadonlySet<string>, slow: ReadonlySet<string>): ReportThinner {
  const told = new Map<string, { value: ThingValue; times: number }>();
  let allToldAt = Number.NEGATIVE_INFINITY;

  const isNews = ({ name, value }: Measurement): boolean => {
    if (slow.has(name)) return false;
    if (!settled.has(name)) return true;
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
      const news = measurements.filter(isNews);
      const since = now - allToldAt;
      // A clock that was set back would otherwise hold them back for as long as it was set back.
      if (since >= 0 && since < SETTLED_PERIOD) return news;
      allToldAt = now;
      return measurements;
    },
  };
}

function isSame(left: ThingValue, right: ThingValue): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === right) return left === right;
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
