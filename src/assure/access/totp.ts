import { base32 } from '#base/base32';
import { utf8 } from '#base/bytes';
import { type Millis, SECOND } from '#base/time';
import { equalSecrets } from '#crypto/constant-time';
import { hmacSha1 } from '#crypto/hmac-sha1';

/** Time-based one-time passwords (RFC 6238): SHA-1, 30 s, 6 digits, which is what every authenticator application can do. */
export const TOTP_STEP: Millis = 30 * SECOND;
export const TOTP_DIGITS = 6;
/** 160 bits, as RFC 4226, R6 recommends. */
export const TOTP_SECRET_BYTES = 20;
/** Steps that a clock may be off to either side. */
const TOLERANCE = 1;

export const totpStepOf = (now: Millis): number => Math.floor(now / TOTP_STEP);

/** The code of a step (RFC 4226, 5.3). */
export function totpCode(secret: Uint8Array, step: number, digits: number = TOTP_DIGITS): string {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(step));
  const digest = hmacSha1(secret, counter);
  const offset = digest[19]! & 0x0f;
  const truncated = new DataView(digest.buffer, digest.byteOffset).getUint32(offset) & 0x7fffffff;
  return String(truncated % 10 ** digits).padStart(digits, '0');
}

/**
 * The step that `code` is the code of, or undefined. Steps up to `lastStep` are used up: a code that was seen over a shoulder, or
 * twice on the wire, is worth nothing (RFC 6238, 5.2).
 */
export function verifyTotp(secret: Uint8Array, code: string, now: Millis, lastStep: number): number | undefined {
  const given = utf8(code);
  const current = totpStepOf(now);
  let found: number | undefined;
  for (let step = current - TOLERANCE; step <= current + TOLERANCE; step += 1) {
    if (equalSecrets(given, utf8(totpCode(secret, step))) && step > lastStep) found ??= step;
  }
  return found;
}

/** What an authenticator application reads (Key URI format). */
export function totpUri(secret: Uint8Array, issuer: string, name: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(name)}`;
  const period = TOTP_STEP / SECOND;
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${TOTP_DIGITS}&period=${period}`;
}
