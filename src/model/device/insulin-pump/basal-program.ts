import { HOUR, type Millis } from '#base/time';
import type { UnitsPerHour } from '#base/units';
import { HOURS_PER_DAY } from '../link/payload.ts';

/** Which basal rate is programmed: safe profile, temporary rate, or profile, in this order. */
export interface BasalProgram {
  profile(): readonly UnitsPerHour[];
  setProfile(rates: readonly UnitsPerHour[]): void;
  setTemporary(rate: UnitsPerHour, until: Millis): void;
  cancelTemporary(): void;
  hasTemporary(now: Millis): boolean;
  /** Runs the profile that was stored at the device, which no radio command can change. */
  fallBack(until: Millis): void;
  endFallBack(): void;
  isSafe(now: Millis): boolean;
  rateAt(now: Millis): UnitsPerHour;
  safeRateAt(now: Millis): UnitsPerHour;
}

const hourOf = (now: Millis): number => Math.floor(now / HOUR) % HOURS_PER_DAY;

export function createBasalProgram(safeProfile: readonly UnitsPerHour[]): BasalProgram {
  let profile = safeProfile;
  let temporaryRate: UnitsPerHour = 0;
  let temporaryUntil = Number.NEGATIVE_INFINITY;
  let safeUntil = Number.NEGATIVE_INFINITY;
  return {
    profile: () => profile,
    setProfile(rates) {
      profile = rates;
    },
    setTemporary(rate, until) {
      temporaryRate = rate;
      temporaryUntil = until;
    },
    cancelTemporary() {
      temporaryUntil = Number.NEGATIVE_INFINITY;
    },
    hasTemporary: (now) => now < temporaryUntil,
    fallBack(until) {
      safeUntil = until;
      temporaryUntil = Number.NEGATIVE_INFINITY;
    },
    endFallBack() {
      safeUntil = Number.NEGATIVE_INFINITY;
    },
    isSafe: (now) => now < safeUntil,
    rateAt(now) {
      if (now < safeUntil) return safeProfile[hourOf(now)] ?? 0;
      return now < temporaryUntil ? temporaryRate : (profile[hourOf(now)] ?? 0);
    },
    safeRateAt: (now) => safeProfile[hourOf(now)] ?? 0,
  };
}
