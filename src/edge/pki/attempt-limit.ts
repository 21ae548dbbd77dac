import type { Clock, Millis } from '#base/time';

export interface AttemptLimitOptions {
  readonly clock: Clock;
  /** Attempts that may come at once. */
  readonly burst: number;
  /** Time after which one more is allowed. */
  readonly refill: Millis;
  /** Greatest number of keys that are remembered. */
  readonly capacity: number;
}

/** How many attempts each key has left: one bucket per key, refilled steadily (a token bucket). */
export interface AttemptLimit {
  /** Time until the next attempt is allowed; 0: now. Takes nothing. */
  wait(key: string): Millis;
  /** Takes one attempt, and tells whether there was one. */
  take(key: string): boolean;
  /** Keys remembered at present. */
  readonly size: number;
}

interface Bucket {
  readonly left: number;
  readonly at: Millis;
}

/**
 * INVARIANT: never more than `capacity` keys. The key that took nothing for longest is forgotten first: its bucket had the most
 * time to refill, so forgetting it gives away least.
 */
export function createAttemptLimit({ clock, burst, refill, capacity }: AttemptLimitOptions): AttemptLimit {
  /** In the order in which they were last taken from. */
  const buckets = new Map<string, Bucket>();

  const leftOf = (key: string): number => {
    const bucket = buckets.get(key);
    if (bucket === undefined) return burst;
    // a clock that was set back refills nothing
    const passed = Math.max(0, clock.now() - bucket.at);
    return Math.min(burst, bucket.left + passed / refill);
  };

  const take = (key: string): boolean => {
    const left = leftOf(key);
    if (left < 1) return false;
    buckets.delete(key);
    buckets.set(key, { left: left - 1, at: clock.now() });
    if (buckets.size > capacity) {
      const [oldest] = buckets.keys();
      buckets.delete(oldest as string);
    }
    return true;
  };

  return {
    wait: (key) => Math.max(0, Math.ceil((1 - leftOf(key)) * refill)),
    take,
    get size() {
      return buckets.size;
    },
  };
}
