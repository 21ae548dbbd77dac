/** RFC 4648, section 6: what authenticator applications read. */
export const RFC_4648 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Crockford's: without i, l, o and u, so that it can be read out and typed. */
export const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** Base32 without padding: five bits a character, the highest first. */
export function base32(bytes: Uint8Array, alphabet: string = RFC_4648): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += alphabet[(buffer >>> (bits - 5)) & 31];
    buffer &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + alphabet[(buffer << (5 - bits)) & 31];
}
