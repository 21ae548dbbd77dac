import type { Millis } from '#base/time';
import type { Twin } from '#mirror/twin/twin';

/** The last number a thing reported of a property; undefined where it never did. */
export function reportedNumber(twin: Twin, thing: string, property: string): number | undefined {
  const value = twin.reported[thing]?.[property]?.value;
  return typeof value === 'number' ? value : undefined;
}

export function reportedNumbers(twin: Twin, thing: string, property: string): readonly number[] | undefined {
  const value = twin.reported[thing]?.[property]?.value;
  return typeof value === 'object' ? value : undefined;
}

/**
 * How old the last report of a property is by the less favourable of the two clocks: one that was held back on the way is old
 * although it has just arrived. Infinite where there is none.
 */
export function ageOf(twin: Twin, thing: string, property: string, now: Millis): Millis {
  const reported = twin.reported[thing]?.[property];
  return reported === undefined ? Number.POSITIVE_INFINITY : now - Math.min(reported.at, reported.receivedAt);
}
