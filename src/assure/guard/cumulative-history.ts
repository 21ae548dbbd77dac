import { MINUTE, type Millis } from '#base/time';

const SPACING: Millis = 10 * MINUTE;
/** A day at the spacing, and one entry before it. */
const MOST_SAMPLES = 146;

interface Sample {
  readonly at: Millis;
  readonly total: number;
}

/** The last day of a counter that only rises, coarse enough to be copied; immutable. */
export interface CumulativeHistory {
  readonly samples: readonly Sample[];
  readonly latest?: Sample;
}

export const EMPTY_HISTORY: CumulativeHistory = { samples: [] };

/** A counter that fell belongs to another device or was reset: what it counted before is kept as an offset. */
export function noteTotal(history: CumulativeHistory, at: Millis, reported: number): CumulativeHistory {
  const { latest, samples } = history;
  if (latest === undefined) return { samples: [{ at, total: reported }], latest: { at, total: reported } };
  if (at < latest.at) return history;
  if (reported < latest.total) {
    const shift = reported - latest.total;
    const shifted = samples.map((sample) => ({ at: sample.at, total: sample.total + shift }));
    return { samples: shifted, latest: { at, total: reported } };
  }
  const added = { at, total: reported };
  if (at - samples.at(-1)!.at < SPACING) return { samples, latest: added };
  return { samples: [...samples.slice(1 - MOST_SAMPLES), added], latest: added };
}

/** How much the counter rose since `since`, rounded up to the spacing: never less than it did, as far back as it reaches. */
export function risenSince(history: CumulativeHistory, since: Millis): number {
  const { latest, samples } = history;
  if (latest === undefined) return 0;
  let base = samples[0]!.total;
  for (let index = samples.length - 1; index >= 0; index -= 1) {
    const sample = samples[index]!;
    if (sample.at > since) continue;
    base = sample.total;
    break;
  }
  return latest.total - base;
}
