import { createHmac } from 'node:crypto';

/**
 * HMAC-SHA-1, 20 bytes. For TOTP only (RFC 6238), because that is what authenticator applications compute: HMAC does not rest on
 * the collision resistance that SHA-1 lost (RFC 6194, 3.3).
 */
export const hmacSha1 = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  new Uint8Array(createHmac('sha1', key).update(message).digest());
