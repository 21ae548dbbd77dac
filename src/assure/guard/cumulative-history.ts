import { MINUTE, type Millis } from '#base/time';

const SPACING: Millis = 10 * MINUTE;
/** A day at the spacing, and one entry before it. */
const MOST_SAMPLES = 146;

interface Sample {
  readonly at: Millis;
  /** Of all that the counter rose since it was first heard. */
  readonly risen: number;
}

/** The last day of a counter that only rises, coarse enough to be copied; immutable. */
export interface CumulativeHistory {
  readonly samples: readonly Sample[];
  readonly latest?: Sample;
  /** What the device said last; absent where the next word is the first one of a device. */
  readonly reported?: number;
}

export const EMPTY_HISTORY: CumulativeHistory = { samples: [] };

/** A counter that fell belongs to another device or was reset: what it rose before still counts. */
export function noteTotal(history: CumulativeHistory, at: Millis, reported: number): CumulativeHistory {
  const { latest, samples } = history;
  const added = { at, risen: (latest?.risen ?? 0) + Math.max(0, reported - (history.reported ?? reported)) };
  if (samples.length > 0 && at - samples.at(-1)!.at < SPACING) return { samples, latest: added, reported };
  return { samples: [...samples.slice(1 - MOST_SAMPLES), added], latest: added, reported };
}

/** Another device counts from now on: where it stands says nothing of what it delivered here. */
export function begunAnew({ reported: _, ...history }: CumulativeHistory): CumulativeHistory {
  return history;
}

/** How much the counter rose since `since`, rounded up to the spacing: never less than it did, as far back as it reaches. */
export function risenSince({ latest, samples }: CumulativeHistory, since: Millis): number {
  if (latest === undefined) return 0;
  const before = samples.findLast(({ at }) => at <= since) ?? samples[0]!;
  return latest.risen - before.risen;
}
