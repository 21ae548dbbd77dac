import { HOUR, MINUTE, type Millis } from '#base/time';
import type { ReportedProperty, Twin } from '#mirror/twin/twin';

/**
 * INVARIANT: the guard sees what devices reported through this file alone, so that no decision rests on a value whose age
 * nobody asked about.
 */

/** For how long a measurement or a count counts as the present one. */
export const PRESENT_AGE: Millis = 15 * MINUTE;
/** Settings are told when they change and once an hour: one that was not heard of for longer may be another by now. */
export const SETTING_AGE: Millis = 3 * HOUR;

/** The last number reported, unless it is older than `maxAge`; undefined where there is none. */
export function reportedNumber(
  twin: Twin,
  thing: string,
  property: string,
  now: Millis,
  maxAge: Millis,
): number | undefined {
  const value = recent(twin, thing, property, now, maxAge)?.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The last list of numbers reported, unless it is older than `maxAge`. */
export function reportedNumbers(
  twin: Twin,
  thing: string,
  property: string,
  now: Millis,
  maxAge: Millis,
): readonly number[] | undefined {
  const value = recent(twin, thing, property, now, maxAge)?.value;
  return typeof value === 'object' ? value : undefined;
}

/**
 * How old the last report of a property is by the less favourable of the two clocks: one that was held back on the way is old
 * although it has just arrived. Infinite where there is none.
 */
export function ageOf(twin: Twin, thing: string, property: string, now: Millis): Millis {
  const reported = propertyOf(twin, thing, property);
  return reported === undefined ? Number.POSITIVE_INFINITY : now - Math.min(reported.at, reported.receivedAt);
}

function recent(twin: Twin, thing: string, property: string, now: Millis, maxAge: Millis) {
  return ageOf(twin, thing, property, now) <= maxAge ? propertyOf(twin, thing, property) : undefined;
}

function propertyOf({ reported }: Twin, thing: string, property: string): ReportedProperty | undefined {
  const table = Object.hasOwn(reported, thing) ? reported[thing]! : {};
  return Object.hasOwn(table, property) ? table[property] : undefined;
}
