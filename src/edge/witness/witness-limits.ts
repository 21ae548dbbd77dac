import { type Millis, SECOND } from '#base/time';

/** Bounds of what anybody may ask of a witness: it answers whoever reaches it. */
export interface WitnessLimits {
  /** Bytes of a request: a checkpoint with several signatures and 63 digests are a quarter of it. */
  readonly body: number;
  readonly headers: number;
  readonly headersWithin: Millis;
  readonly requestWithin: Millis;
  readonly keepAlive: Millis;
  readonly connections: number;
  /** A peer that says nothing must not hold a half-open TLS connection for longer. */
  readonly handshakeWithin: Millis;
}

export const WITNESS_LIMITS: WitnessLimits = {
  body: 64 * 1024,
  headers: 8 * 1024,
  headersWithin: 5 * SECOND,
  requestWithin: 10 * SECOND,
  keepAlive: 30 * SECOND,
  connections: 128,
  handshakeWithin: 5 * SECOND,
};
