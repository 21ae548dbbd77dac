import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { allocate } from '#base/allocate';
import { assert } from '#base/assert';
import { Fault } from '#base/fault';

/** All there is to know about each algorithm. COSE numbers: RFC 9053, 4.1. */
export const AEAD_ALGORITHMS = {
  A128GCM: { cipher: 'aes-128-gcm', keyBytes: 16, coseAlgorithm: 1 },
  A256GCM: { cipher: 'aes-256-gcm', keyBytes: 32, coseAlgorithm: 3 },
} as const;

export type AeadAlgorithm = keyof typeof AEAD_ALGORITHMS;

export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** A key that is bound to its algorithm. The bytes cannot be read, printed or serialised through it. */
export interface AeadKey {
  readonly kind: 'AeadKey';
  readonly algorithm: AeadAlgorithm;
}

const secrets = new WeakMap<AeadKey, KeyObject>();
const AUTHENTICATED = { authTagLength: TAG_BYTES } as const;

/** @throws Fault `key.unsuitable` when `bytes` has not the length of the algorithm's keys */
export function importAeadKey(algorithm: AeadAlgorithm, bytes: Uint8Array): AeadKey {
  const { keyBytes } = AEAD_ALGORITHMS[algorithm];
  if (bytes.length !== keyBytes) {
    throw new Fault('key.unsuitable', `key for ${algorithm}: \`${bytes.length}\` bytes, needs ${keyBytes}`);
  }
  const key: AeadKey = Object.freeze({ kind: 'AeadKey', algorithm });
  secrets.set(key, createSecretKey(bytes));
  return key;
}

function secretOf(key: AeadKey): KeyObject {
  const secret = secrets.get(key);
  if (secret === undefined) throw new Fault('key.unsuitable', 'aead key: not made by `importAeadKey`');
  return secret;
}

/**
 * Ciphertext followed by the 16-byte tag (NIST SP 800-38D; the layout of RFC 5116, 5.1).
 * INVARIANT: the caller never uses a nonce twice under one key; GCM loses both secrecy and authenticity otherwise.
 */
export function seal(key: AeadKey, nonce: Uint8Array, plaintext: Uint8Array, additional: Uint8Array): Uint8Array {
  assert(nonce.length === NONCE_BYTES, `an AEAD nonce has ${NONCE_BYTES} bytes`);
  const cipher = createCipheriv(AEAD_ALGORITHMS[key.algorithm].cipher, secretOf(key), nonce);
  cipher.setAAD(additional);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  const sealed = allocate(ciphertext.length + TAG_BYTES);
  sealed.set(ciphertext);
  sealed.set(cipher.getAuthTag(), ciphertext.length);
  return sealed;
}

/** The plaintext, or undefined when key, nonce, additional data, ciphertext or tag are not those of `seal`. */
export function open(
  key: AeadKey,
  nonce: Uint8Array,
  sealed: Uint8Array,
  additional: Uint8Array,
): Uint8Array | undefined {
  if (nonce.length !== NONCE_BYTES || sealed.length < TAG_BYTES) return undefined;
  const boundary = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(AEAD_ALGORITHMS[key.algorithm].cipher, secretOf(key), nonce, AUTHENTICATED);
  decipher.setAAD(additional);
  decipher.setAuthTag(sealed.subarray(boundary));
  const plaintext = decipher.update(sealed.subarray(0, boundary));
  try {
    decipher.final();
  } catch {
    // INVARIANT: unauthenticated plaintext never leaves this function
    return undefined;
  }
  return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.length);
}
