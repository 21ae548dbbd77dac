import type { Clock, Millis } from './time.ts';

export interface BucketRate {
  /** What may be taken at once. */
  readonly burst: number;
  /** Time after which there is one more. */
  readonly refill: Millis;
}

export interface TokenBucketsOptions extends BucketRate {
  readonly clock: Clock;
  /** Greatest number of keys that are remembered. */
  readonly capacity: number;
}

/** How much each key has left: one bucket per key, refilled steadily. */
export interface TokenBuckets {
  /** Time until there is one to take; 0: now. Takes nothing. */
  wait(key: string): Millis;
  /** Takes one, and tells whether there was one. */
  take(key: string): boolean;
  /** Takes that many, or what there is. */
  charge(key: string, cost: number): void;
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
export function createTokenBuckets({ clock, burst, refill, capacity }: TokenBucketsOptions): TokenBuckets {
  /** In the order in which they were last taken from. */
  const buckets = new Map<string, Bucket>();

  const leftOf = (key: string): number => {
    const bucket = buckets.get(key);
    if (bucket === undefined) return burst;
    // a clock that was set back refills nothing
    const passed = Math.max(0, clock.now() - bucket.at);
    return Math.min(burst, bucket.left + passed / refill);
  };

  const charge = (key: string, cost: number): void => {
    const left = Math.max(0, leftOf(key) - cost);
    buckets.delete(key);
    buckets.set(key, { left, at: clock.now() });
    if (buckets.size > capacity) buckets.delete(buckets.keys().next().value!);
  };

  return {
    wait: (key) => Math.max(0, Math.ceil((1 - leftOf(key)) * refill)),
    take: (key) => {
      if (leftOf(key) < 1) return false;
      charge(key, 1);
      return true;
    },
    charge,
    get size() {
      return buckets.size;
    },
  };
}
