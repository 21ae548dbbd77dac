import { HOUR, type Millis } from '#base/time';
import type { Units, UnitsPerHour } from '#base/units';

/** What the handset believes the pump's basal to be, as far as it differs from the profile. */
export interface BasalLedger {
  /** The pump acknowledged a temporary basal that ends at `until`. */
  began(rate: UnitsPerHour, until: Millis): void;
  ended(): void;
  /** Insulin since the last settlement, relative to the profile. Times are the handset's uptime. */
  settle(now: Millis, profileRate: UnitsPerHour): Units;
}

export function createBasalLedger(): BasalLedger {
  let temporary: { readonly rate: UnitsPerHour; readonly until: Millis } | undefined;
  let settledTo: Millis = 0;
  return {
    began(rate, until) {
      temporary = { rate, until };
    },
    ended() {
      temporary = undefined;
    },
    settle(now, profileRate) {
      const since = settledTo;
      settledTo = now;
      if (temporary === undefined) return 0;
      const { rate, until } = temporary;
      if (now >= until) temporary = undefined;
      return ((rate - profileRate) * Math.max(0, Math.min(now, until) - since)) / HOUR;
    },
  };
}
