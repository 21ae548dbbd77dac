import { base32, CROCKFORD } from '#base/base32';
import { utf8 } from '#base/bytes';
import type { Millis } from '#base/time';
import { hkdf } from '#crypto/hkdf';

const ID_BYTES = 16;
const NO_SALT = new Uint8Array(0);

/** Names of commands as they stand in addresses. */
export const COMMAND_ID_PATTERN = '^c[0-9a-z]{1,32}$';

/**
 * The name of a subject's command: 128 bits that nobody tells without `secret` (32 bytes, of that subject), and the same again
 * when history is replayed. The instant keeps a restored backup from giving a name twice.
 */
export const commandIdOf = (secret: Uint8Array, ordinal: number, at: Millis): string =>
  `c${base32(hkdf(secret, NO_SALT, utf8(`wardtwin/1 command id ${ordinal} ${at}`), ID_BYTES), CROCKFORD)}`;
