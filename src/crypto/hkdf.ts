import { hkdfSync } from 'node:crypto';

/**
 * HKDF with SHA-256 (RFC 5869): `length` bytes of key material for the purpose `info`. Different `info` gives independent
 * keys; `secret` must have the entropy of a key, it is no password.
 */
export function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, length));
}
