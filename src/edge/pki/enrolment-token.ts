import { base32, CROCKFORD } from '#base/base32';
import { utf8 } from '#base/bytes';
import { equalSecrets } from '#crypto/constant-time';
import { sha256 } from '#crypto/digest';
import { randomSecret } from '#crypto/secret';

const TOKEN_BYTES = 20;
const TOKEN_LENGTH = 32;
const GROUP = /.{4}(?!$)/g;

/** A token that was just made. `token` is shown once; only `digest` is kept. */
export interface NewEnrolmentToken {
  readonly token: string;
  readonly digest: Uint8Array;
}

/** A single-use token of 160 random bits, in eight groups of four characters. */
export function makeEnrolmentToken(): NewEnrolmentToken {
  const characters = base32(randomSecret(TOKEN_BYTES), CROCKFORD);
  return { token: characters.replaceAll(GROUP, '$&-'), digest: sha256(utf8(characters)) };
}

/**
 * The digest by which a token is known, or undefined for what cannot be one. Case, groups and the letters that were left out of the
 * alphabet do not matter. A plain digest is enough, and no salt is needed: there are 2^160 tokens to try.
 */
export function digestEnrolmentToken(text: string): Uint8Array | undefined {
  if (text.length > 2 * TOKEN_LENGTH) return undefined;
  const characters = text.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
  const isToken = characters.length === TOKEN_LENGTH && [...characters].every((one) => CROCKFORD.includes(one));
  return isToken ? sha256(utf8(characters)) : undefined;
}

/** Whether `text` is the token of that digest, in time that does not depend on where they differ. */
export function isEnrolmentToken(text: string, digest: Uint8Array): boolean {
  const shown = digestEnrolmentToken(text);
  return shown !== undefined && equalSecrets(shown, digest);
}
