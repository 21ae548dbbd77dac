import { type CborValue, encodeCanonical } from '#base/canonical';
import { sha256 } from './digest.ts';
import type { PublicKey, SignatureAlgorithm } from './sign.ts';

/** Bytes of a key id: enough to tell the few keys of one platform apart. It selects a key and proves nothing. */
export const KEY_ID_BYTES = 8;

/**
 * The required members of a COSE_Key, which its thumbprint is taken over, in canonical order: key type OKP (1) and curve
 * Ed25519 (6) of RFC 9053, 7.2; key type AKP (7), which is used with one algorithm only, and its public bytes.
 */
const KEY_MEMBERS: Readonly<Record<SignatureAlgorithm, (key: PublicKey) => readonly [number, CborValue][]>> = {
  Ed25519: ({ bytes }) => [
    [1, 1],
    [-1, 6],
    [-2, bytes],
  ],
  'ML-DSA-65': ({ bytes }) => [
    [1, 7],
    [3, -49],
    [-1, bytes],
  ],
};

/** Names a public key: the first eight bytes of its COSE Key Thumbprint (RFC 9679) with SHA-256. */
export function keyIdOf(key: PublicKey): Uint8Array {
  return sha256(encodeCanonical(new Map(KEY_MEMBERS[key.algorithm](key)))).slice(0, KEY_ID_BYTES);
}
