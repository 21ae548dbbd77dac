import type { Clock, Millis } from '#base/time';

/** Differences between the wall clock and ours below this are drift, not steps. */
const STEP: Millis = 2_000;
/** While the wall clock is behind, ours runs at this rate until it has caught up. */
const SLOWED = 0.5;

export interface ClockSources {
  /** Wall clock: may be set to any time by anybody. */
  readonly wall: () => Millis;
  /** Never goes back and is never set; milliseconds from any origin. */
  readonly monotonic: () => number;
  readonly onStep?: (by: Millis) => void;
}

/**
 * A clock that never goes back. When the wall clock is set forward it follows at once: what devices say would lie in the future
 * otherwise. When it is set back it runs at half its rate until the wall clock has caught up, so that time-outs still happen.
 */
export function createSteadyClock({ wall, monotonic, onStep }: ClockSources): Clock {
  let at = wall();
  let seen = monotonic();
  let isBehind = false;

  return {
    now: () => {
      const reading = monotonic();
      const elapsed = reading - seen;
      seen = reading;
      const ahead = at + elapsed - wall();
      const stepped = Math.abs(ahead) > STEP;
      if (stepped && !(isBehind && ahead > 0)) onStep?.(Math.round(-ahead));
      isBehind = ahead > STEP || (isBehind && ahead > 0);
      if (ahead < -STEP) at = wall();
      else at += isBehind ? elapsed * SLOWED : elapsed;
      // small drift is followed without ever going back
      if (!isBehind) at = Math.max(at - elapsed, Math.min(at, wall()));
      return Math.floor(at);
    },
  };
}
