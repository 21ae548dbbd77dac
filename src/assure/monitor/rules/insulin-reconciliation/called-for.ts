import { type MessageObservation, numberNow, numberOf } from '#assure/monitor/seen';
import { MINUTE, type Millis } from '#base/time';
import type { Grams, Units } from '#base/units';
import type { Twin } from '#mirror/twin/twin';

const WINDOW: Millis = 45 * MINUTE;
const MOST_ENTRIES = 12;
/** Counting errors, insulin for what is about to be eaten, and rounding. */
const FACTOR = 1.5;
const OFFSET: Units = 1.5;

/** Carbohydrates announced of late, and the settings that held when the twin first saw them. */
export interface Need {
  readonly announced: readonly { readonly at: Millis; readonly total: Grams }[];
  readonly carbRatio: number;
  readonly correctionFactor: number;
  readonly target: number;
}

export const NO_NEED: Need = { announced: [], carbRatio: 0, correctionFactor: 0, target: 0 };

/** Another handset counts carbohydrates from where it stands. */
export const withoutAnnounced = (need: Need): Need => ({ ...need, announced: [] });

/** Takes in a message of the handset. Settings are taken in once: a setting that was tampered with must not excuse a dose. */
export function followNeed(need: Need, observation: MessageObservation): Need {
  const total = numberNow(observation, 'handset', 'announcedCarbohydrates');
  if (total === undefined) return need;
  const { now, twin } = observation;
  const last = need.announced.at(-1);
  const announced =
    last !== undefined && last.total === total
      ? need.announced
      : [...need.announced.slice(1 - MOST_ENTRIES), { at: now, total }];
  if (announced === need.announced && need.target > 0) return need;
  const commissioned = twin.commissioned?.carbRatio ?? 0;
  const ratio = commissioned > 0 ? commissioned : (numberOf(twin, 'handset', 'carbRatio') ?? 0);
  return {
    announced,
    carbRatio: need.carbRatio > 0 ? need.carbRatio : ratio,
    correctionFactor:
      need.correctionFactor > 0 ? need.correctionFactor : (numberOf(twin, 'handset', 'correctionFactor') ?? 0),
    target: need.target > 0 ? need.target : (numberOf(twin, 'handset', 'targetGlucose') ?? 0),
  };
}

/** The largest bolus that carbohydrates and glucose can call for now; undefined while that is not known. */
export function mostCalledFor(need: Need, twin: Twin, now: Millis): Units | undefined {
  const glucose = numberOf(twin, 'cgm', 'glucose');
  const { carbRatio, correctionFactor, target, announced } = need;
  if (glucose === undefined || !(carbRatio > 0) || !(correctionFactor > 0)) return undefined;
  let before = announced[0]?.total ?? 0;
  for (const entry of announced) if (now - entry.at > WINDOW) before = entry.total;
  const grams = (announced.at(-1)?.total ?? 0) - before;
  return FACTOR * (grams / carbRatio + Math.max(0, glucose - target) / correctionFactor) + OFFSET;
}
