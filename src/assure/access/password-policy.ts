import type { Account } from './account.ts';

/** Length counts, composition does not (NIST SP 800-63B-4, 3.1.1.2). In code points after normalisation. */
export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 128;

/** Kinds of keyboards compose differently: the same password must have the same bytes (NIST SP 800-63B-4, 3.1.1.2). */
export const normalizePassword = (password: string): string => password.normalize('NFC');

/** Why a normalised password is not taken, or undefined. Never repeats the password. */
export function unsuitablePassword(password: string, owner: Pick<Account, 'name' | 'displayName'>): string | undefined {
  const length = [...password].length;
  if (length < PASSWORD_MIN) return `has \`${length}\` characters; take at least ${PASSWORD_MIN}`;
  if (length > PASSWORD_MAX) return `has \`${length}\` characters; take at most ${PASSWORD_MAX}`;
  if (new Set(password).size < 5) return 'repeats fewer than 5 different characters; take more of them';
  const plain = password.toLowerCase();
  const own = [owner.name, ...owner.displayName.split(/\s+/), 'wardtwin']
    .map((word) => word.normalize('NFC').toLowerCase())
    .filter((word) => word.length >= 3);
  const rest = own.reduce((text, word) => text.replaceAll(word, ''), plain);
  // a name within a longer password does no harm: what counts is what is left without it
  if ([...rest].length < PASSWORD_MIN / 2) return 'is little more than the own name; take other words';
  return undefined;
}
