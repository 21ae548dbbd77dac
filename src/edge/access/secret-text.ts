import { base32 } from '#base/base32';
import { toHex, utf8 } from '#base/bytes';
import { sha256 } from '#crypto/digest';

/** Fresh bytes for secrets; a test may hand in its own. */
export type SecretSource = (length: number) => Uint8Array;

/** An id of a record: 80 bits, 16 characters. */
export const makeId = (random: SecretSource): string => base32(random(10)).toLowerCase();

/** A secret of 256 bits, 52 characters that survive a URL, a header and a double click. */
export const makeSecret = (random: SecretSource): string => base32(random(32)).toLowerCase();

/** What is kept of a secret of at least 80 random bits: nobody finds the secret by trying. */
export const digestOf = (secret: string): string => toHex(sha256(utf8(secret)));

export const RECOVERY_CODES = 10;

/** Single-use codes for whoever lost the second factor: 80 bits each, in groups that can be written down. */
export const makeRecoveryCodes = (random: SecretSource): readonly string[] =>
  Array.from({ length: RECOVERY_CODES }, () =>
    base32(random(10))
      .toLowerCase()
      .replace(/(.{4})(?=.)/g, '$1-'),
  );

/** As it is typed: spaces, hyphens and capitals do not matter. */
export const recoveryDigest = (code: string): string => digestOf(code.toLowerCase().replaceAll(/[\s-]/g, ''));
