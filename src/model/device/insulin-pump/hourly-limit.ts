import type { Units } from '#base/units';

const WINDOW_MINUTES = 60;

/**
 * Bolus and basal above the safe profile within any 60 minutes. INVARIANT: what was delivered in the last hour plus what is
 * admitted and still to come never exceeds the limit.
 */
export interface HourlyLimit {
  /** Whether `units` more may be delivered, with `pending` already admitted. */
  allows(units: Units, pending: Units): boolean;
  /** Closes one minute in which `units` counted against the limit. */
  recordMinute(units: Units): void;
}

/** Tolerates the last bits of sums of binary fractions. */
const TOLERANCE: Units = 1e-9;

export function createHourlyLimit(limit: Units): HourlyLimit {
  const minutes = new Float64Array(WINDOW_MINUTES);
  let next = 0;
  let total: Units = 0;
  return {
    allows: (units, pending) => total + pending + units <= limit + TOLERANCE,
    recordMinute(units) {
      total += units - minutes[next]!;
      minutes[next] = units;
      next = (next + 1) % WINDOW_MINUTES;
      // Summed anew once an hour: a running difference would collect rounding errors over weeks.
      if (next === 0) total = minutes.reduce((sum, minute) => sum + minute, 0);
    },
  };
}
