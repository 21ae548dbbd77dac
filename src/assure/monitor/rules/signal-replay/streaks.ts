import type { MgPerDl } from '#base/units';

/** Readings in a row that equal those of `lag` slots before, and how many of them are changes. */
export interface Streak {
  readonly lag: number;
  readonly run: number;
  readonly changes: number;
}

/**
 * The readings of the last `SLOTS` slots, by their value, and every streak that the last of them goes on. A reading has equals
 * in some thirty of 1440 slots: looking them up is a fiftieth of the work of comparing all. Never changed in place.
 */
export interface Resemblance {
  /** Slot of the last reading, -1 before the first, and the reading. */
  readonly slot: number;
  readonly glucose: MgPerDl;
  /** For each mg/dL the slots in which it was read, ascending. */
  readonly slotsOf: readonly (readonly number[])[];
  /** Slots of the window that were passed over, ascending. */
  readonly missed: readonly number[];
  /** By ascending lag. */
  readonly streaks: readonly Streak[];
}

/** Five days of slots. */
export const SLOTS = 1440;
/** Nearer than this a quiet stretch resembles itself. */
export const SHORTEST_LAG = 36;
/** A smaller step between two readings is no change. */
const CHANGE: MgPerDl = 2;
/** No sensor reads higher. */
const HIGHEST: MgPerDl = 600;

export const NO_RESEMBLANCE: Resemblance = {
  slot: -1,
  glucose: 0,
  slotsOf: Array.from({ length: HIGHEST + 1 }, () => []),
  missed: [],
  streaks: [],
};

/** Takes in the reading of a slot after the last one. */
export function resemble(known: Resemblance, slot: number, reading: MgPerDl): Resemblance {
  const glucose = Math.min(HIGHEST, Math.max(0, Math.round(reading)));
  const isChange = known.slot >= 0 && Math.abs(glucose - known.glucose) >= CHANGE ? 1 : 0;
  const missed = missedBefore(known, slot);
  const equals = known.slotsOf[glucose]!.filter((earlier) => earlier > slot - SLOTS);
  const slotsOf = known.slotsOf.slice();
  slotsOf[glucose] = [...equals, slot];
  return { slot, glucose, slotsOf, missed, streaks: follow(known.streaks, slot, equals, missed, isChange) };
}

function missedBefore({ slot: last, missed }: Resemblance, slot: number): readonly number[] {
  const oldest = slot - SLOTS + 1;
  const isPast = missed.length > 0 && missed[0]! < oldest;
  if (!isPast && (last < 0 || slot === last + 1)) return missed;
  const kept = missed.filter((earlier) => earlier >= oldest);
  if (last >= 0) for (let skipped = Math.max(last + 1, oldest); skipped < slot; skipped += 1) kept.push(skipped);
  return kept;
}

/** Both the streaks and the equal readings, newest first, are in the order of their lags: one pass merges them. */
function follow(
  streaks: readonly Streak[],
  slot: number,
  equals: readonly number[],
  missed: readonly number[],
  isChange: number,
): readonly Streak[] {
  const followed: Streak[] = [];
  // A reading that is missing neither confirms nor refutes; one that differs ends the streak.
  const keepIfMissing = (streak: Streak): void => {
    if (missed.length > 0 && missed.includes(slot - streak.lag)) followed.push(streak);
  };
  let next = 0;
  for (let index = equals.length - 1; index >= 0; index -= 1) {
    const lag = slot - equals[index]!;
    if (lag < SHORTEST_LAG) continue;
    for (; next < streaks.length && streaks[next]!.lag < lag; next += 1) keepIfMissing(streaks[next]!);
    const streak = streaks[next];
    if (streak?.lag === lag) {
      followed.push({ lag, run: streak.run + 1, changes: streak.changes + isChange });
      next += 1;
    } else followed.push({ lag, run: 1, changes: isChange });
  }
  for (; next < streaks.length; next += 1) keepIfMissing(streaks[next]!);
  return followed;
}
