import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Fault } from '#base/fault';

/** Bytes of an HMAC-SHA-256 tag; tags are never shortened. */
export const MAC_BYTES = 32;
/** COSE algorithm `HMAC 256/256` (RFC 9053, 3.1). */
export const HMAC_SHA256_COSE_ALGORITHM = 5;

/** A key for HMAC-SHA-256. The bytes cannot be read, printed or serialised through it. */
export interface MacKey {
  readonly kind: 'MacKey';
}

const secrets = new WeakMap<MacKey, KeyObject>();

/** @throws Fault `key.unsuitable` below 32 bytes: a key shorter than the digest weakens it (RFC 2104, 3) */
export function importMacKey(bytes: Uint8Array): MacKey {
  if (bytes.length < MAC_BYTES)
    throw new Fault('key.unsuitable', `mac key: \`${bytes.length}\` bytes, needs ${MAC_BYTES}`);
  const key: MacKey = Object.freeze({ kind: 'MacKey' });
  secrets.set(key, createSecretKey(bytes));
  return key;
}

export function mac(key: MacKey, message: Uint8Array): Uint8Array {
  const secret = secrets.get(key);
  if (secret === undefined) throw new Fault('key.unsuitable', 'mac key: not made by `importMacKey`');
  return new Uint8Array(createHmac('sha256', secret).update(message).digest());
}

/** Whether `tag` is the tag of `message`, in time that does not depend on where they differ. */
export function verifyMac(key: MacKey, message: Uint8Array, tag: Uint8Array): boolean {
  return tag.length === MAC_BYTES && timingSafeEqual(mac(key, message), tag);
}
