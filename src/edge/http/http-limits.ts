import { MINUTE, type Millis, SECOND } from '#base/time';
import type { BucketRate } from '#base/token-buckets';

/** Bounds of what others may ask of the server. */
export interface HttpLimits {
  /** Bytes of a body. */
  readonly body: number;
  /** Bytes of a request's headers. */
  readonly headers: number;
  /** For the headers, and for the whole of a request, to arrive. */
  readonly headersWithin: Millis;
  readonly requestWithin: Millis;
  /** An idle connection is kept for so long. */
  readonly keepAlive: Millis;
  /** Open connections, in all and of one network: a hospital may be behind one address. */
  readonly connections: number;
  readonly connectionsOfOne: number;
  /** Requests from one network, and of one account or program. */
  readonly perNetwork: BucketRate;
  readonly perPrincipal: BucketRate;
  /** Commands that one account asks for: each is on record, whatever becomes of it. */
  readonly commandsOfOne: BucketRate;
  /** Reads that rebuild something from history: at once, in all and of one caller. */
  readonly heavyReads: number;
  readonly heavyReadsOfOne: number;
  /** Open streams, in all and of one caller. */
  readonly streams: number;
  readonly streamsOfOne: number;
  /** A comment is sent into a silent stream that often. */
  readonly heartbeat: Millis;
  /** A client that takes nothing for so long is closed. */
  readonly stalled: Millis;
}

export const HTTP_LIMITS: HttpLimits = {
  body: 64 * 1024,
  headers: 16 * 1024,
  headersWithin: 10 * SECOND,
  requestWithin: 30 * SECOND,
  keepAlive: 30 * SECOND,
  connections: 10_000,
  connectionsOfOne: 2_500,
  perNetwork: { burst: 1_000, refill: SECOND / 500 },
  perPrincipal: { burst: 400, refill: SECOND / 200 },
  commandsOfOne: { burst: 60, refill: SECOND },
  heavyReads: 4,
  heavyReadsOfOne: 2,
  streams: 2_000,
  streamsOfOne: 16,
  heartbeat: 15 * SECOND,
  stalled: MINUTE,
};

/** Addresses, and principals, whose requests are counted. */
export const MOST_COUNTED = 20_000;
