import { type AccessEntry, accountSubject } from '#assure/access/access-record';
import { type AccessState, accountByName } from '#assure/access/access-state';
import {
  ACCOUNT_LIMIT,
  type Account,
  type AccountId,
  isAccountName,
  normalizeName,
  type OidcLink,
} from '#assure/access/account';
import { cutText } from '#base/cut-text';
import type { Millis } from '#base/time';
import type { Change } from '../access-history.ts';
import { accountByOidc } from '../account-desk.ts';
import { digestOf } from '../secret-text.ts';
import { type ClaimedRights, type Claims, claimedRights, texts } from './claimed-rights.ts';
import type { OidcConfig } from './oidc-config.ts';

export type JudgedClaims =
  | { readonly kind: 'accepted'; readonly account: AccountId }
  | { readonly kind: 'refused'; readonly reason: string };

/** Ids for what may have to be made. */
export interface FreshIds {
  readonly session: string;
  readonly account: string;
}

const DISPLAY_NAME_LIMIT = 100;

/** Whose account the claims of a validated ID token open: the one linked to their subject, or a new one where a mapping says so. */
export function judgeClaims(
  state: AccessState,
  { issuer, mapping }: OidcConfig,
  claims: Claims,
  address: string,
  ids: FreshIds,
  now: Millis,
): Change<JudgedClaims> {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub.length > 255 || !sub.isWellFormed()) return refused('no subject');
  const link: OidcLink = { issuer, subject: sub };
  const account = accountByOidc(state, link);
  const accept = (id: AccountId, before: readonly AccessEntry[]): Change<JudgedClaims> =>
    accepted(id, before, claims, { address, session: ids.session, now });
  if (account?.disabled === true) return refused('account disabled');
  if (account?.managed === false) return accept(account.id, []);
  if (account === undefined && mapping === undefined) return refused('no account is linked');
  const rights = mapping === undefined ? NO_RIGHTS : claimedRights(claims, mapping);
  const changes = account === undefined ? [] : followed(account, rights);
  // the provider's word counts at once: what it no longer says is taken away although nobody is let in
  if (rights.roles.length === 0)
    return refused(mapping === undefined ? 'no mapping for its account' : 'no role for its claims', changes);
  if (account !== undefined) return accept(account.id, changes);
  if (Object.keys(state.accounts).length >= ACCOUNT_LIMIT) return refused('too many accounts');
  return accept(ids.account, [created(state, link, claims, rights, ids.account)]);
}

const NO_RIGHTS: ClaimedRights = { roles: [], wards: [] };

const refused = (reason: string, entries: readonly AccessEntry[] = []): Change<JudgedClaims> => ({
  entries,
  answer: { kind: 'refused', reason },
});

function accepted(
  account: AccountId,
  before: readonly AccessEntry[],
  { acr, amr }: Claims,
  { address, session, now }: { readonly address: string; readonly session: string; readonly now: Millis },
): Change<JudgedClaims> {
  const [context] = texts(acr);
  const methods = texts(amr);
  const signedIn: AccessEntry = {
    kind: 'SignedIn',
    subject: accountSubject(account),
    body: {
      account,
      session,
      method: 'oidc',
      address,
      lanes: [],
      at: now,
      ...(context === undefined ? {} : { acr: context }),
      ...(methods.length === 0 ? {} : { amr: methods }),
    },
  };
  return { entries: [...before, signedIn], answer: { kind: 'accepted', account } };
}

/** What brings an account's rights to those of its claims. */
function followed(account: Account, { roles, wards }: ClaimedRights): readonly AccessEntry[] {
  const same = account.roles.join() === roles.join() && account.wards.join() === wards.join();
  if (same) return [];
  const body = { account: account.id, roles, wards, by: account.id };
  return [{ kind: 'AccountChanged', subject: accountSubject(account.id), body }];
}

function created(
  state: AccessState,
  oidc: OidcLink,
  claims: Claims,
  { roles, wards }: ClaimedRights,
  account: AccountId,
): AccessEntry {
  const [preferred = ''] = texts(claims['preferred_username']);
  const wanted = normalizeName(preferred);
  const free = isAccountName(wanted) && accountByName(state, wanted) === undefined;
  // A name is only a label here: the account is found by the provider's subject.
  const name = free ? wanted : `oidc-${digestOf(`${oidc.issuer} ${oidc.subject}`).slice(0, 16)}`;
  const displayName = typeof claims['name'] === 'string' ? cutText(claims['name'], DISPLAY_NAME_LIMIT) : name;
  return {
    kind: 'AccountCreated',
    subject: accountSubject(account),
    body: { account, kind: 'person', name, displayName, roles, wards, patients: [], managed: true, oidc, by: account },
  };
}
