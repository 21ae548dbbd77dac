import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';

/** mg/dL per minute */
export type MgPerDlPerMinute = number;

/** The last readings of one sensor and the line through them. */
export interface GlucoseTrend {
  push(glucose: MgPerDl, at: Millis): void;
  clear(): void;
  latest(): { readonly glucose: MgPerDl; readonly at: Millis } | undefined;
  /** The reading before the latest. */
  previous(): { readonly glucose: MgPerDl; readonly at: Millis } | undefined;
  /** Least-squares slope over the last `TREND_PERIOD`; 0 with fewer than three readings in it. */
  slope(): MgPerDlPerMinute;
  /** The line's value `ahead` minutes after the latest reading, starting from that reading; undefined without readings. */
  predict(ahead: Minutes): MgPerDl | undefined;
}

/** Four readings: long enough to average sensor noise, short enough to see a fall begin. */
export const TREND_PERIOD: Millis = 16 * MINUTE;
const CAPACITY = 6;
const FEWEST_READINGS = 3;

export function createGlucoseTrend(): GlucoseTrend {
  let readings: { readonly glucose: MgPerDl; readonly at: Millis }[] = [];

  const slope = (): MgPerDlPerMinute => {
    const last = readings.at(-1);
    if (last === undefined) return 0;
    let count = 0;
    let sumX = 0;
    let sumY = 0;
    let sumXX = 0;
    let sumXY = 0;
    for (const { glucose, at } of readings) {
      if (last.at - at > TREND_PERIOD || at > last.at) continue;
      const x = (at - last.at) / MINUTE;
      count += 1;
      sumX += x;
      sumY += glucose;
      sumXX += x * x;
      sumXY += x * glucose;
    }
    const spread = count * sumXX - sumX * sumX;
    return count < FEWEST_READINGS || spread < 1e-6 ? 0 : (count * sumXY - sumX * sumY) / spread;
  };

  return {
    push(glucose, at) {
      readings.push({ glucose, at });
      if (readings.length > CAPACITY) readings.shift();
    },
    clear() {
      readings = [];
    },
    latest: () => readings.at(-1),
    previous: () => readings.at(-2),
    slope,
    predict(ahead) {
      const last = readings.at(-1);
      return last === undefined ? undefined : last.glucose + slope() * ahead;
    },
  };
}
