import type { Millis } from '#base/time';
import type { AccessState } from './access-state.ts';
import { type AccountId, isUnconfirmed } from './account.ts';
import type { Principal } from './authorization.ts';
import { tokenIdOf } from './token.ts';

/** The right by which something was asked for that takes effect later. Plain data, to be kept with what waits. */
export interface HeldRight {
  readonly account: AccountId;
  /** `session/<id>` or `token/<id>`. */
  readonly credential: string;
  /** `Account.epoch` as it was. A count and no time: two clocks may differ, and the order of history does not. */
  readonly epoch: number;
}

/** How a session is named in records and by what was asked for in it. */
export const sessionCredential = (id: string): string => `session/${id}`;

export const heldBy = ({ id, credential, epoch }: Principal): HeldRight => ({ account: id, credential, epoch });

/**
 * Whoever held the right, with the roles, wards and patients of now; undefined where it no longer stands. INVARIANT: the one rule
 * for every credential and for everything that waits. It is asked when the effect happens, and the policies after it.
 */
export function standing(
  state: Pick<AccessState, 'accounts' | 'tokens'>,
  { account: owner, credential, epoch }: HeldRight,
  now: Millis,
): Principal | undefined {
  const account = state.accounts[owner];
  if (account === undefined || account.disabled || account.epoch !== epoch || isUnconfirmed(account, now))
    return undefined;
  // whoever signs out, or is idle, still stands for what he asked for; a session that was revoked does not, as a token does not
  if (account.revoked.includes(credential)) return undefined;
  const { id, roles, wards, patients } = account;
  const rights = { id, roles, wards, patients, credential, epoch };
  const tokenId = tokenIdOf(credential);
  // nobody signs in to the account of a program
  if (tokenId === undefined) return account.kind === 'person' ? { kind: 'person', ...rights } : undefined;
  const token = state.tokens[tokenId];
  if (token === undefined || token.owner !== id || token.expiresAt <= now) return undefined;
  return { kind: 'program', ...rights, scope: token.scope };
}
