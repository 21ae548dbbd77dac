import { networkOf } from '#base/network';
import type { HistoryRecord, SubjectId } from '#mirror/history/record';
import { type AccessBodies, type AccessEntry, type AccessKind, accountSubject, isAccessKind } from './access-record.ts';
import { type Account, type AccountId, NETWORKS_LIMIT } from './account.ts';
import type { GlassGrant } from './glass.ts';
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
  AccountCreated: (state, { account: id, by: _, ...given }) => ({
    ...state,
    accounts: {
      ...state.accounts,
      [id]: { id, ...given, disabled: false, totpStep: 0, recovery: [], networks: [], version: 1 },
    },
  }),
  AccountChanged: changed,
  AccountDisabled: (state, { account }) =>
    withTokens(
      withAccount(state, account, (before) => ({ ...before, disabled: true, version: before.version + 1 })),
      (token) => token.owner !== account,
    ),
  CredentialChanged: credentialChanged,
  RecoveryCodeUsed: (state, { account, digest }) =>
    withAccount(state, account, (before) => ({
      ...before,
      recovery: before.recovery.filter((code) => code !== digest),
    })),
  SignedIn: signedIn,
  SignInRefused: (state, { lanes, at }) =>
    lanes.length === 0 ? state : { ...state, throttle: noteFailure(state.throttle, lanes, at) },
  SessionEnded: unchanged,
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
    return { ...state, grants: { ...Object.fromEntries(kept), [grant.id]: grant } };
  },
  GlassReviewed: glassReviewed,
  PolicyLoaded: (state, { digest }) => ({ ...state, policies: digest }),
};

/** An account whose records can no longer be read is not there: others that name it change nothing. */
function withAccount(state: AccessState, id: AccountId, change: (before: Account) => Account): AccessState {
  const before = state.accounts[id];
  return before === undefined ? state : { ...state, accounts: { ...state.accounts, [id]: change(before) } };
}

function withTokens(state: AccessState, keep: (token: Token) => boolean): AccessState {
  return { ...state, tokens: Object.fromEntries(Object.entries(state.tokens).filter(([, token]) => keep(token))) };
}

function changed(state: AccessState, body: AccessBodies['AccountChanged']): AccessState {
  return withAccount(state, body.account, (before) => {
    const { oidc: linked, ...rest } = before;
    const oidc = body.oidc === undefined ? linked : (body.oidc ?? undefined);
    const rightsChanged = [body.roles, body.wards, body.patients, body.oidc].some((given) => given !== undefined);
    return {
      ...rest,
      displayName: body.displayName ?? before.displayName,
      roles: body.roles ?? before.roles,
      wards: body.wards ?? before.wards,
      patients: body.patients ?? before.patients,
      ...(oidc === undefined ? {} : { oidc }),
      version: before.version + (rightsChanged ? 1 : 0),
    };
  });
}

function credentialChanged(state: AccessState, body: AccessBodies['CredentialChanged']): AccessState {
  return withAccount(state, body.account, (before) => {
    const version = before.version + 1;
    switch (body.what) {
      case 'all': {
        const { link: _, ...rest } = before;
        const { password, totp, recovery } = body;
        return { ...rest, password, totp, recovery, totpStep: 0, version };
      }
      case 'password':
        return { ...before, password: body.password, version };
      case 'recovery':
        return { ...before, recovery: body.recovery };
      case 'link': {
        // Whoever asked for a new link no longer trusts the credentials there were.
        const { password: _, totp: __, ...rest } = before;
        return { ...rest, recovery: [], link: body.link, version };
      }
    }
  });
}

function signedIn(state: AccessState, body: AccessBodies['SignedIn']): AccessState {
  const network = networkOf(body.address);
  const next = withAccount(state, body.account, (before) => ({
    ...before,
    totpStep: body.totpStep ?? before.totpStep,
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
  return withAccount(reviewed, grant.account, (before) => ({ ...before, version: before.version + 1 }));
}

function forget(state: AccessState, subject: SubjectId): AccessState {
  const account = Object.values(state.accounts).find(({ id }) => accountSubject(id) === subject);
  if (account === undefined) return state;
  const accounts = Object.fromEntries(Object.entries(state.accounts).filter(([id]) => id !== account.id));
  return withTokens({ ...state, accounts }, (token) => token.owner !== account.id);
}

export const accountByName = (state: AccessState, name: string): Account | undefined =>
  Object.values(state.accounts).find((account) => account.name === name);

/** People who can sign in as administrators now. */
export const administrators = (state: AccessState): readonly Account[] =>
  Object.values(state.accounts).filter(
    ({ kind, disabled, roles, password, oidc }) =>
      kind === 'person' &&
      !disabled &&
      roles.includes('administrator') &&
      (password !== undefined || oidc !== undefined),
  );
