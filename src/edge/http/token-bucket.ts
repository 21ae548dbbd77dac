import { type Millis, SECOND } from '#base/time';

export interface BucketRate {
  /** Requests a second that may go on for ever. */
  readonly perSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

/** Token buckets of many, in a table that does not grow. */
export interface TokenBuckets {
  /** Takes one from the bucket of `key`; false where there is none. */
  take(key: string, now: Millis): boolean;
  /** Takes that many, or what there is. */
  charge(key: string, now: Millis, cost: number): void;
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
  /** The bucket of `key` as it is now, and used last. */
  const bucketOf = (key: string, now: Millis): Bucket => {
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    buckets.delete(key);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / SECOND) * perSecond);
    bucket.at = now;
    if (buckets.size >= most) buckets.delete(buckets.keys().next().value!);
    buckets.set(key, bucket);
    return bucket;
  };
  return {
    take: (key, now) => {
      const bucket = bucketOf(key, now);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      return true;
    },
    charge: (key, now, cost) => {
      const bucket = bucketOf(key, now);
      bucket.tokens = Math.max(0, bucket.tokens - cost);
    },
    get size() {
      return buckets.size;
    },
  };
}
