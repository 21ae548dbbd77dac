import { networkOf } from '#base/network';
import type { HistoryRecord, SubjectId } from '#mirror/history/record';
import { type AccessBodies, type AccessEntry, type AccessKind, accountSubject, isAccessKind } from './access-record.ts';
import {
  type Account,
  type AccountId,
  type CredentialLink,
  NETWORKS_LIMIT,
  type OfferedLink,
  REVOKED_LIMIT,
} from './account.ts';
import type { GlassGrant } from './glass.ts';
import { sessionCredential } from './held-right.ts';
import { noteFailure, noteSuccess, type Throttle } from './throttle.ts';
import type { Token } from './token.ts';

/** All that is known about people and programs; a function of history. Plain data. */
export interface AccessState {
  /** Whether the set-up link was used. */
  readonly setUp: boolean;
  readonly accounts: Readonly<Record<AccountId, Account>>;
  readonly tokens: Readonly<Record<string, Token>>;
  readonly grants: Readonly<Record<string, GlassGrant>>;
  readonly throttle: Throttle;
  /** Digest of the policies that were last in force. */
  readonly policies?: string;
}

export const EMPTY_ACCESS: AccessState = { setUp: false, accounts: {}, tokens: {}, grants: {}, throttle: {} };

/** Folds records of any kind; those that say nothing about access leave the state as it is. */
export function applyAccessRecord(
  state: AccessState,
  record: Pick<HistoryRecord, 'kind' | 'subject' | 'body'>,
): AccessState {
  if (record.kind === 'SubjectForgotten') return forget(state, record.subject);
  if (!isAccessKind(record.kind)) return state;
  // Bodies are our own, and sealed: what was recorded is what `AccessBodies` says.
  return applyAccessEntry(state, record as unknown as AccessEntry);
}

/** The same for a record that has its type. */
export const applyAccessEntry = (state: AccessState, entry: AccessEntry): AccessState =>
  (FOLD[entry.kind] as (state: AccessState, body: AccessEntry['body']) => AccessState)(state, entry.body);

const unchanged = (state: AccessState): AccessState => state;

const FOLD: { readonly [K in AccessKind]: (state: AccessState, body: AccessBodies[K]) => AccessState } = {
  SetUpCompleted: (state) => ({ ...state, setUp: true }),
  AccountCreated: (state, { account: id, by, link, ...given }) => {
    const fresh = { disabled: false, totpStep: 0, recovery: [], networks: [], version: 1, epoch: 1, revoked: [] };
    const offered = link === undefined ? {} : { link: offeredLink(state, link, by) };
    return { ...state, accounts: { ...state.accounts, [id]: { id, ...given, ...fresh, ...offered } } };
  },
  AccountChanged: changed,
  AccountDisabled: (state, { account }) =>
    withAccount(endEpoch(state, account), account, (before) => ({ ...before, disabled: true })),
  CredentialChanged: credentialChanged,
  RecoveryCodeUsed: (state, { account, digest }) =>
    withAccount(state, account, (before) => ({
      ...before,
      recovery: before.recovery.filter((code) => code !== digest),
    })),
  SignedIn: signedIn,
  SignInRefused: (state, { lanes, at }) =>
    lanes.length === 0 ? state : { ...state, throttle: noteFailure(state.throttle, lanes, at) },
  IdentityConfirmed: (state, { account, lanes, totpStep }) => {
    const next = withAccount(state, account, (before) => ({ ...before, totpStep: totpStep ?? before.totpStep }));
    return { ...next, throttle: noteSuccess(next.throttle, lanes) };
  },
  SessionEnded: (state, { account, session, revoked = false }) =>
    revoked
      ? withAccount(state, account, (before) => ({
          ...before,
          revoked: [sessionCredential(session), ...before.revoked].slice(0, REVOKED_LIMIT),
        }))
      : state,
  TokenIssued: (state, token) => {
    // Expired tokens leave when another one comes, so the table stays as small as what is in use.
    const kept = withTokens(state, ({ expiresAt }) => expiresAt > token.issuedAt);
    return { ...kept, tokens: { ...kept.tokens, [token.id]: token } };
  },
  TokenRevoked: (state, { id }) => withTokens(state, (token) => token.id !== id),
  AccessPermitted: unchanged,
  AccessRefused: unchanged,
  GlassBroken: (state, grant) => {
    const kept = Object.entries(state.grants).filter(
      ([, { review, until }]) => review === undefined || until > grant.at,
    );
    const epoch = epochOf(state, grant.account);
    return { ...state, grants: { ...Object.fromEntries(kept), [grant.id]: { ...grant, epoch } } };
  },
  GlassReviewed: glassReviewed,
  PolicyLoaded: (state, { digest }) => ({ ...state, policies: digest }),
};

/** An account whose records can no longer be read is not there: others that name it change nothing. */
function withAccount(state: AccessState, id: AccountId, change: (before: Account) => Account): AccessState {
  const before = state.accounts[id];
  return before === undefined ? state : { ...state, accounts: { ...state.accounts, [id]: change(before) } };
}

/** INVARIANT: what an account did before, by whichever credential, holds no longer. The one place where an epoch ends. */
function endEpoch(state: AccessState, id: AccountId): AccessState {
  const moved = ({ version, epoch, ...rest }: Account) => ({ ...rest, version: version + 1, epoch: epoch + 1 });
  return withTokens(withAccount(state, id, moved), ({ owner }) => owner !== id);
}

/** As it is when a record is folded, which is as it was when it was written. An account nobody can read about has none. */
const epochOf = ({ accounts }: AccessState, id: AccountId): number => accounts[id]?.epoch ?? 0;

const offeredLink = (
  state: AccessState,
  { digest, until, credential = 'session/unknown' }: CredentialLink,
  by: AccountId,
): OfferedLink => ({ digest, until, by: { account: by, credential, epoch: epochOf(state, by) } });

function withTokens(state: AccessState, keep: (token: Token) => boolean): AccessState {
  return { ...state, tokens: Object.fromEntries(Object.entries(state.tokens).filter(([, token]) => keep(token))) };
}

function changed(state: AccessState, body: AccessBodies['AccountChanged']): AccessState {
  const account = state.accounts[body.account];
  if (account === undefined) return state;
  const { account: id, by, oidc: linked, ...given } = body;
  const { oidc: before, ...rest } = account;
  const oidc = linked === undefined ? before : (linked ?? undefined);
  const next = withAccount(state, id, () => ({ ...rest, ...given, ...(oidc === undefined ? {} : { oidc }) }));
  // a provider's word is recorded as of the account itself
  const isWithdrawn = account.managed && by === id && loses(account, given);
  if (linked !== undefined || isWithdrawn) return endEpoch(next, id);
  const rightsChanged = [body.roles, body.wards, body.patients].some((right) => right !== undefined);
  return rightsChanged ? withAccount(next, id, (now) => ({ ...now, version: now.version + 1 })) : next;
}

/** Whether an account no longer has a role or a ward that it had. */
const loses = (before: Account, { roles = before.roles, wards = before.wards }: Partial<Account>): boolean =>
  before.roles.some((role) => !roles.includes(role)) || before.wards.some((ward) => !wards.includes(ward));

function credentialChanged(state: AccessState, body: AccessBodies['CredentialChanged']): AccessState {
  const next = endEpoch(state, body.account);
  return withAccount(next, body.account, (before) => {
    switch (body.what) {
      case 'all': {
        const { link: _, ...rest } = before;
        const { password, totp, recovery } = body;
        return { ...rest, password, totp, recovery, totpStep: 0 };
      }
      case 'password':
        return { ...before, password: body.password };
      case 'recovery':
        return { ...before, recovery: body.recovery };
      case 'link': {
        // Whoever asked for a new link no longer trusts the credentials there were.
        const { password: _, totp: __, ...rest } = before;
        return { ...rest, recovery: [], link: offeredLink(next, body.link, body.by) };
      }
    }
  });
}

function signedIn(state: AccessState, body: AccessBodies['SignedIn']): AccessState {
  const network = networkOf(body.address);
  const next = withAccount(state, body.account, (before) => ({
    ...before,
    totpStep: body.totpStep ?? before.totpStep,
    ...(body.method === 'oidc' && body.at !== undefined ? { confirmedAt: body.at } : {}),
    networks: [network, ...before.networks.filter((known) => known !== network)].slice(0, NETWORKS_LIMIT),
  }));
  return { ...next, throttle: noteSuccess(next.throttle, body.lanes) };
}

function glassReviewed(state: AccessState, { id, by, finding }: AccessBodies['GlassReviewed']): AccessState {
  const grant = state.grants[id];
  if (grant === undefined) return state;
  const reviewed = { ...state, grants: { ...state.grants, [id]: { ...grant, review: { by, finding } } } };
  if (finding === 'justified') return reviewed;
  // what was opened by rights that should not have been taken ends
  return endEpoch(reviewed, grant.account);
}

function forget(state: AccessState, subject: SubjectId): AccessState {
  const account = Object.values(state.accounts).find(({ id }) => accountSubject(id) === subject);
  if (account === undefined) return state;
  const accounts = Object.fromEntries(Object.entries(state.accounts).filter(([id]) => id !== account.id));
  return withTokens({ ...state, accounts }, (token) => token.owner !== account.id);
}

export const accountByName = (state: AccessState, name: string): Account | undefined =>
  Object.values(state.accounts).find((account) => account.name === name);

/** People who can sign in as administrators now, and whom no provider can take that from. */
export const administrators = (state: AccessState): readonly Account[] =>
  Object.values(state.accounts).filter(
    ({ kind, disabled, managed, roles, password, oidc }) =>
      kind === 'person' &&
      !disabled &&
      !managed &&
      roles.includes('administrator') &&
      (password !== undefined || oidc !== undefined),
  );
