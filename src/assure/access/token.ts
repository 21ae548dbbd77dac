import { DAY, type Millis } from '#base/time';
import type { AccountId } from './account.ts';
import type { Action } from './authorization.ts';

/** What is kept of a program's token. */
export interface Token {
  readonly id: string;
  readonly owner: AccountId;
  readonly issuer: AccountId;
  readonly label: string;
  readonly scope: readonly Action[];
  /** SHA-256 of the secret, in hexadecimal. 256 random bits need no slow hash. */
  readonly digest: string;
  readonly issuedAt: Millis;
  readonly expiresAt: Millis;
}

export const TOKEN_LIFETIME: Millis = 30 * DAY;
export const TOKEN_LIFETIME_MAX: Millis = 365 * DAY;
/** Of one account. */
export const TOKENS_LIMIT = 100;

const CREDENTIAL = 'token/';

/** How a token is named in records and by what was asked for with it. */
export const tokenCredential = (id: string): string => `${CREDENTIAL}${id}`;

/** The token that a credential names; undefined for one of another kind. */
export const tokenIdOf = (credential: string): string | undefined =>
  credential.startsWith(CREDENTIAL) ? credential.slice(CREDENTIAL.length) : undefined;

const TOKEN = /^wtp_([a-z2-7]{16})_([a-z2-7]{52})$/;

/** The text of a token: `wtp_` lets a scanner find one that was published by mistake. */
export const formatToken = (id: string, secret: string): string => `wtp_${id}_${secret}`;

export function parseToken(text: string): { readonly id: string; readonly secret: string } | undefined {
  const parts = TOKEN.exec(text);
  return parts === null ? undefined : { id: parts[1]!, secret: parts[2]! };
}
