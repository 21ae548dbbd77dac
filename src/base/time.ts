/** Milliseconds since the Unix epoch, or a duration in milliseconds; always an integer. */
export type Millis = number;

export const SECOND: Millis = 1_000;
export const MINUTE: Millis = 60 * SECOND;
export const HOUR: Millis = 60 * MINUTE;
export const DAY: Millis = 24 * HOUR;

/** The only source of time below `edge/`: the live ward hands in the real clock, an exercise a simulated one. */
export interface Clock {
  now(): Millis;
}
