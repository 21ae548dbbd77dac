import { MINUTE, type Millis, SECOND } from '#base/time';

/** A device's clock may lead the platform's by this much; a value that is stamped further ahead was not measured then. */
export const MOST_AHEAD: Millis = 5 * MINUTE;
/** Stamps that differ by no more say nothing about the order: it is that of receipt. */
export const STAMP_ERROR: Millis = 90 * SECOND;
/** For this long after its receipt a value holds its place against older stamps. Then the device's clock was set back. */
export const ORDERED_FOR: Millis = 15 * MINUTE;

/** When a value was measured, by the device's clock, and when the platform received it, by its own. */
export interface Stamp {
  readonly at: Millis;
  readonly receivedAt: Millis;
}

/**
 * Whether a value that is received now takes the place of the one known. INVARIANT: no stamp stops this for longer than
 * `ORDERED_FOR`. One that was held back, as the sequence of its sender tells, is never put before what was sent after it.
 */
export function isNewest(told: Stamp, known: Stamp | undefined, isHeldBack: boolean): boolean {
  if (known === undefined || told.at >= known.at - STAMP_ERROR) return true;
  return !isHeldBack && told.receivedAt - known.receivedAt > ORDERED_FOR;
}

/**
 * When a value was measured, by the platform's clock; `before` is what it takes the place of. A stamp far behind is that of a
 * clock that was set back, where as much time passed on it as here, or none did; or of a value that was on its way for long.
 */
export function measuredAt(told: Stamp, before: Stamp | undefined): Millis {
  const at = Math.min(told.at, told.receivedAt);
  if (before === undefined || told.receivedAt - at <= STAMP_ERROR) return at;
  const stamped = told.at - before.at;
  const received = told.receivedAt - before.receivedAt;
  const isClockBehind = received > STAMP_ERROR && (stamped <= 0 || Math.abs(stamped - received) <= STAMP_ERROR);
  return isClockBehind ? told.receivedAt : at;
}
