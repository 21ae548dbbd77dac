import { equalBytes, utf8 } from '#base/bytes';
import { explanation } from '#base/explanation';
import { sha256 } from '#crypto/digest';
import type { ThingId } from '#model/thing/thing-id';
import type { Requester } from './command.ts';
import type { CommandWish } from './command-wish.ts';

/** Somebody or something that may ask for commands about this subject. */
export interface Account {
  readonly id: string;
  readonly role: 'caregiver' | 'clinician';
  /** SHA-256 of the account's bearer token; the token itself is never kept. */
  readonly tokenDigest: Uint8Array;
  /** What it may ask of which thing. Everything else is refused. */
  readonly may: readonly { readonly thing: ThingId; readonly action: string }[];
}

/** Who holds `token`, or undefined. Digests are compared, so the time taken tells nothing about a token. */
export function authenticate(accounts: readonly Account[], token: string): Account | undefined {
  const digest = sha256(utf8(token));
  return accounts.find((account) => equalBytes(account.tokenDigest, digest));
}

export const authorized = (account: Account, thing: ThingId, action: string): boolean =>
  account.may.some((right) => right.thing === thing && right.action === action);

/** The account as it asks for this; without one, somebody who may nothing. */
export function authorizationOf(account: Account | undefined, { thing, action }: CommandWish): Requester {
  if (account === undefined) {
    return {
      id: 'nobody',
      ...PERSON,
      authorization: { outcome: 'refuse', determinedBy: ['authentication'], reasons: [] },
    };
  }
  const { id } = account;
  if (authorized(account, thing, action)) {
    return { id, ...PERSON, authorization: { outcome: 'permit', determinedBy: ['account'], reasons: [] } };
  }
  const reasons = [
    explanation('{account} may not ask {thing} for {action}', { values: { account: id, thing, action } }),
  ];
  return { id, ...PERSON, authorization: { outcome: 'refuse', determinedBy: ['authorization'], reasons } };
}

const PERSON = { kind: 'person', credential: 'account', epoch: 0 } as const;
