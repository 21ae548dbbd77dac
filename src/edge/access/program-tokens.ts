import type { AccessEntry } from '#assure/access/access-record';
import { accountSubject } from '#assure/access/access-record';
import type { AccessState } from '#assure/access/access-state';
import type { AccountId } from '#assure/access/account';
import type { Action, Principal } from '#assure/access/authorization';
import {
  formatToken,
  parseToken,
  TOKEN_LIFETIME,
  TOKEN_LIFETIME_MAX,
  TOKENS_LIMIT,
  type Token,
} from '#assure/access/token';
import { fromHex } from '#base/bytes';
import type { Clock, Millis } from '#base/time';
import { equalSecrets } from '#crypto/constant-time';
import { accessFault } from './access-fault.ts';
import type { AccessLog } from './access-history.ts';
import type { Revocations } from './revocations.ts';
import { digestOf, makeId, makeSecret, type SecretSource } from './secret-text.ts';

export interface TokenWish {
  readonly owner: AccountId;
  readonly label: string;
  readonly scope: readonly Action[];
  /** Default `TOKEN_LIFETIME`. */
  readonly lifetime?: Millis;
}

/** Tokens of programs: scoped, expiring, kept as digests. Rights are those that their owner has now, never those of the day of issue. */
export interface ProgramTokens {
  principalOf(bearer: string): Principal | undefined;
  /** Whether the token of that id still stands. */
  stands(id: string): boolean;
  of(owner?: AccountId): readonly Token[];
  /** The token's text is shown to the caller and never again. @throws Fault */
  issue(issuer: AccountId, wish: TokenWish): Promise<{ readonly token: Token; readonly text: string }>;
  /** @throws Fault `access.unknown` */
  revoke(id: string, by: AccountId): Promise<void>;
  /** Tells listeners of tokens that ended or whose owner's rights changed. */
  sweep(state: AccessState): void;
}

export const tokenCredential = (id: string): string => `token/${id}`;

interface Standing {
  readonly version: number;
  readonly principal: Principal;
}

export function createProgramTokens(
  log: AccessLog,
  clock: Clock,
  random: SecretSource,
  revocations: Revocations,
): ProgramTokens {
  /** Principals of tokens that were used, so that a request does not make a new one, and streams can be ended. */
  const used = new Map<string, Standing>();

  const versionOf = (state: AccessState, token: Token | undefined): number | undefined => {
    if (token === undefined || token.expiresAt <= clock.now()) return undefined;
    const owner = state.accounts[token.owner];
    return owner === undefined || owner.disabled ? undefined : owner.version;
  };
  const standing = (token: Token): Principal | undefined => {
    const version = versionOf(log.state, token);
    const before = used.get(token.id);
    if (version === undefined || before?.version === version)
      return version === undefined ? undefined : before?.principal;
    const { id, roles, wards, patients } = log.state.accounts[token.owner]!;
    const credential = tokenCredential(token.id);
    const principal: Principal = Object.freeze({
      kind: 'program',
      id,
      roles,
      wards,
      patients,
      scope: token.scope,
      credential,
    });
    used.set(token.id, { version, principal });
    return principal;
  };

  return {
    principalOf: (bearer) => {
      const given = parseToken(bearer);
      const token = given === undefined ? undefined : log.state.tokens[given.id];
      if (given === undefined || token === undefined) return undefined;
      const genuine = equalSecrets(fromHex(digestOf(given.secret)), fromHex(token.digest));
      return genuine ? standing(token) : undefined;
    },
    stands: (id) => versionOf(log.state, log.state.tokens[id]) !== undefined,
    of: (owner) => Object.values(log.state.tokens).filter((token) => owner === undefined || token.owner === owner),
    issue: (issuer, wish) =>
      log.change((state, now) => {
        const secret = makeSecret(random);
        const token = tokenOf(state, issuer, wish, now, makeId(random), digestOf(secret));
        const entry: AccessEntry = { kind: 'TokenIssued', subject: accountSubject(token.owner), body: token };
        return { entries: [entry], answer: { token, text: formatToken(token.id, secret) } };
      }),
    revoke: (id, by) =>
      log.change((state) => {
        const token = state.tokens[id];
        if (token === undefined) throw accessFault('access.unknown', `token \`${id}\`: there is none`);
        const { owner } = token;
        return {
          entries: [{ kind: 'TokenRevoked', subject: accountSubject(owner), body: { id, owner, by } }],
          answer: undefined,
        };
      }),
    sweep: (state) => {
      for (const [id, { version }] of used) {
        if (versionOf(state, state.tokens[id]) === version) continue;
        used.delete(id);
        revocations.end(tokenCredential(id));
      }
    },
  };
}

function tokenOf(
  state: AccessState,
  issuer: AccountId,
  wish: TokenWish,
  issuedAt: Millis,
  id: string,
  digest: string,
): Token {
  const { owner, label, scope, lifetime = TOKEN_LIFETIME } = wish;
  const account = state.accounts[owner];
  if (account === undefined || account.disabled)
    throw accessFault('access.unknown', `account \`${owner}\`: there is none that can own a token`);
  if (lifetime <= 0 || lifetime > TOKEN_LIFETIME_MAX)
    throw accessFault('access.malformed', `token: a lifetime of \`${lifetime}\` ms; take up to a year`);
  if (scope.length === 0) throw accessFault('access.malformed', 'token: an empty scope; name the actions it is for');
  const others = Object.values(state.tokens).filter((token) => token.owner === owner && token.expiresAt > issuedAt);
  if (others.length >= TOKENS_LIMIT)
    throw accessFault('access.conflict', `account \`${owner}\`: has \`${others.length}\` tokens; revoke one first`);
  return { id, owner, issuer, label, scope: [...new Set(scope)], digest, issuedAt, expiresAt: issuedAt + lifetime };
}
