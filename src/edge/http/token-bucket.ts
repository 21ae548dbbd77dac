import { type Millis, SECOND } from '#base/time';

export interface BucketRate {
  /** Requests a second that may go on for ever. */
  readonly perSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

/** Token buckets of many, in a table that does not grow. */
export interface TokenBuckets {
  /** Takes from the bucket of `key`; false where there is not enough. */
  take(key: string, now: Millis, cost?: number): boolean;
  readonly size: number;
}

interface Bucket {
  tokens: number;
  at: Millis;
}

/**
 * INVARIANT: at most `most` buckets. The one that was used longest ago makes room: with enough keys somebody gets a fresh
 * bucket, which costs him as many keys as the table has places.
 */
export function createTokenBuckets({ perSecond, burst }: BucketRate, most: number): TokenBuckets {
  /** In the order of last use. */
  const buckets = new Map<string, Bucket>();
  return {
    take: (key, now, cost = 1) => {
      const bucket = buckets.get(key) ?? { tokens: burst, at: now };
      buckets.delete(key);
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / SECOND) * perSecond);
      bucket.at = now;
      const enough = bucket.tokens >= cost;
      if (enough) bucket.tokens -= cost;
      if (buckets.size >= most) buckets.delete(buckets.keys().next().value!);
      buckets.set(key, bucket);
      return enough;
    },
    get size() {
      return buckets.size;
    },
  };
}
