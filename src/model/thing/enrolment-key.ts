import { toHex } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { AEAD_ALGORITHMS, type AeadAlgorithm, type AeadKey, importAeadKey, NONCE_BYTES } from '#crypto/aead';
import { hkdf } from '#crypto/hkdf';
import type { ThingId } from './thing-id.ts';

/** `uplink` leads from the thing to the platform. */
export type Direction = 'uplink' | 'downlink';

/** One direction of a channel: who seals with it, and the part of the nonce that does not change (Base IV). */
export interface DirectionKey {
  readonly owner: ThingId;
  readonly direction: Direction;
  readonly key: AeadKey;
  readonly baseIv: Uint8Array;
}

/** What a thing and the platform share. Only keys derived from the secret are kept, so it cannot be read back. */
export interface EnrolmentKey {
  readonly owner: ThingId;
  /** Tells two secrets apart without giving either away: 16 hexadecimal digits. */
  readonly fingerprint: string;
  readonly uplink: DirectionKey;
  readonly downlink: DirectionKey;
}

const SALT = new Uint8Array(0);
const FINGERPRINT_BYTES = 8;

/**
 * The keys of a thing from the secret of its enrolment, by HKDF with owner, direction and algorithm in `info`. Each direction
 * has a key of its own, so a message sent back to its sender does not open; each owner has, so two things that were given
 * one secret still cannot speak as each other by renaming a message.
 * @throws Fault `key.unsuitable` when the secret is shorter than the algorithm's keys
 */
export function deriveEnrolmentKey(
  owner: ThingId,
  secret: Uint8Array,
  algorithm: AeadAlgorithm = 'A128GCM',
): EnrolmentKey {
  const { keyBytes } = AEAD_ALGORITHMS[algorithm];
  if (secret.length < keyBytes) {
    throw new Fault('key.unsuitable', `enrolment of \`${owner}\`: \`${secret.length}\` bytes, needs ${keyBytes}`);
  }
  const derive = (purpose: string, length: number): Uint8Array =>
    hkdf(secret, SALT, encodeCanonical(['wardtwin/1', owner, algorithm, purpose]), length);
  const directionKey = (direction: Direction): DirectionKey => ({
    owner,
    direction,
    key: importAeadKey(algorithm, derive(`${direction} key`, keyBytes)),
    baseIv: derive(`${direction} iv`, NONCE_BYTES),
  });
  return {
    owner,
    fingerprint: toHex(derive('fingerprint', FINGERPRINT_BYTES)),
    uplink: directionKey('uplink'),
    downlink: directionKey('downlink'),
  };
}
