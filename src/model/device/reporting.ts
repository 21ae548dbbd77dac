import type { ThingId } from '#model/thing/thing-id';

/**
 * How a device's reports reach the platform. `sealed`: by the device itself under its enrolment key, and the gateway only
 * passes the bytes on. Otherwise they are plain on the radio, and the gateway speaks for the device.
 */
export interface Reporting {
  readonly thing: ThingId;
  readonly sealed: boolean;
}

/** Which properties of a device's reports are left out for a while once they were told (`createReportThinner`). */
export interface Thinning {
  /** Settings and the like. */
  readonly settled: ReadonlySet<string>;
  /** What state the device is in, and counts that rarely move. */
  readonly states: ReadonlySet<string>;
  /** What changes all the time and matters to nobody within the hour. */
  readonly slow: ReadonlySet<string>;
}
