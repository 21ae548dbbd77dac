import { hash } from 'node:crypto';

/** Bytes of a SHA-256 digest. */
export const DIGEST_BYTES = 32;

/** SHA-256 (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Uint8Array {
  // as text of one character per byte: making a Buffer takes longer than the digest itself
  const text = hash('sha256', bytes, 'latin1');
  const digest = new Uint8Array(DIGEST_BYTES);
  for (let index = 0; index < DIGEST_BYTES; index += 1) digest[index] = text.charCodeAt(index);
  return digest;
}
