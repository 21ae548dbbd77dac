import { concat } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { type AeadKey, NONCE_BYTES, open, seal } from '#crypto/aead';
import { randomSecret } from '#crypto/secret';

/**
 * Nonce, ciphertext and tag of AES-256-GCM. Name and root key are additional data, so that a wrapping put under another name
 * does not open. A random nonce of 96 bits is safe for 2^32 wrappings under one key (NIST SP 800-38D, 8.3); a root key wraps
 * one per subject and rotation.
 */
export function wrapSecret(key: AeadKey, rootKeyId: string, name: string, secret: Uint8Array): Uint8Array {
  const nonce = randomSecret(NONCE_BYTES);
  return concat(nonce, seal(key, nonce, secret, contextOf(rootKeyId, name)));
}

/** The secret, or undefined when key, root key id, name or bytes are not those of `wrapSecret`. */
export function unwrapSecret(
  key: AeadKey,
  rootKeyId: string,
  name: string,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  if (wrapped.length < NONCE_BYTES) return undefined;
  const [nonce, sealed] = [wrapped.subarray(0, NONCE_BYTES), wrapped.subarray(NONCE_BYTES)];
  return open(key, nonce, sealed, contextOf(rootKeyId, name));
}

const contextOf = (rootKeyId: string, name: string): Uint8Array =>
  encodeCanonical(['wardtwin wrapped secret', rootKeyId, name]);
