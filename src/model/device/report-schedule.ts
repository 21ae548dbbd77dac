import { MINUTE, type Millis, SECOND } from '#base/time';
import type { DevicePorts } from './device.ts';

/** A device reports in every cycle, and at once when something changes, but not faster than this. */
export const FASTEST_REPORTS: Millis = 30 * SECOND;
/** A cycle of five minutes and the time its frames need: later, the device reports without having been asked to act. */
export const SLOWEST_REPORTS: Millis = 5 * MINUTE + 30 * SECOND;

export const REPORT_TIMER = 'report';

export interface ReportSchedule {
  /** Reports now, or as soon as `FASTEST_REPORTS` allows. */
  request(): void;
  /** The timer `REPORT_TIMER` went off. */
  onTimer(): void;
}

export function createReportSchedule(ports: DevicePorts, report: () => void): ReportSchedule {
  let lastAt = Number.NEGATIVE_INFINITY;
  const reportNow = (): void => {
    lastAt = ports.now();
    report();
    ports.schedule(REPORT_TIMER, SLOWEST_REPORTS);
  };
  return {
    request() {
      const since = ports.now() - lastAt;
      // A clock that was set back would otherwise hold reports for as long as it was set back.
      if (since >= FASTEST_REPORTS || since < 0) reportNow();
      else ports.schedule(REPORT_TIMER, FASTEST_REPORTS - since);
    },
    onTimer: reportNow,
  };
}
