import { concat, toHex } from '#base/bytes';
import { randomSecret } from '#crypto/secret';

/** Serial number of a certificate: lower-case hexadecimal digits, two per byte. */
export type SerialNumber = string;

const RANDOM_BYTES = 17;

/**
 * A serial number with 134 random bits: positive, of one length, and below the 20 bytes of RFC 5280, 4.1.2.2. It cannot be
 * guessed ahead of time and need not be counted, so there is no count to lose.
 */
export function makeSerialNumber(): SerialNumber {
  const random = randomSecret(RANDOM_BYTES);
  // the first byte from 0x40 to 0x7f: neither a sign nor a leading zero
  const first = 0x40 | ((random[0] as number) & 0x3f);
  return toHex(concat(Uint8Array.of(first), random.subarray(1)));
}
