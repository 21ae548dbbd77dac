import type { AccessEntry } from '#assure/access/access-record';
import { accountSubject } from '#assure/access/access-record';
import type { AccessState } from '#assure/access/access-state';
import type { AccountId } from '#assure/access/account';
import type { Action, Principal } from '#assure/access/authorization';
import { standing } from '#assure/access/held-right';
import {
  formatToken,
  parseToken,
  TOKEN_LIFETIME,
  TOKEN_LIFETIME_MAX,
  TOKENS_LIMIT,
  type Token,
  tokenCredential,
} from '#assure/access/token';
import { fromHex } from '#base/bytes';
import { type Clock, DAY, type Millis } from '#base/time';
import { equalSecrets } from '#crypto/constant-time';
import { accessFault } from './access-fault.ts';
import type { AccessLog } from './access-history.ts';
import type { Actor } from './actor.ts';
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
  of(owner?: AccountId): readonly Token[];
  /** The token's text is shown to the caller and never again. @throws Fault */
  issue(by: Actor, wish: TokenWish): Promise<{ readonly token: Token; readonly text: string }>;
  /** @throws Fault `access.unknown` */
  revoke(id: string, by: Actor): Promise<void>;
  /** Tells listeners of tokens that ended or whose owner's rights changed. */
  sweep(): void;
}

export function createProgramTokens(
  log: AccessLog,
  clock: Clock,
  random: SecretSource,
  revocations: Revocations,
): ProgramTokens {
  /** Tokens that were used, with their owner's version then, so that their streams can be ended. */
  const used = new Map<string, number | undefined>();

  const versionOf = ({ owner }: Token): number | undefined => log.state.accounts[owner]?.version;
  const principalIn = ({ id, owner }: Token): Principal | undefined => {
    const epoch = log.state.accounts[owner]?.epoch;
    if (epoch === undefined) return undefined;
    return standing(log.state, { account: owner, credential: tokenCredential(id), epoch }, clock.now());
  };

  return {
    principalOf: (bearer) => {
      const given = parseToken(bearer);
      const token = given === undefined ? undefined : log.state.tokens[given.id];
      if (given === undefined || token === undefined) return undefined;
      if (!equalSecrets(fromHex(digestOf(given.secret)), fromHex(token.digest))) return undefined;
      const principal = principalIn(token);
      if (principal !== undefined && !used.has(token.id)) used.set(token.id, versionOf(token));
      return principal;
    },
    of: (owner) => Object.values(log.state.tokens).filter((token) => owner === undefined || token.owner === owner),
    issue: (by, wish) =>
      log.change((state, now) => {
        const secret = makeSecret(random);
        const token = tokenOf(state, by.id, wish, now, makeId(random), digestOf(secret));
        const entry: AccessEntry = { kind: 'TokenIssued', subject: accountSubject(token.owner), body: token };
        return { entries: [entry], answer: { token, text: formatToken(token.id, secret) } };
      }, by),
    revoke: (id, by) =>
      log.change((state) => {
        const token = state.tokens[id];
        if (token === undefined) throw accessFault('access.unknown', `token \`${id}\`: there is none`);
        const { owner } = token;
        return {
          entries: [{ kind: 'TokenRevoked', subject: accountSubject(owner), body: { id, owner, by: by.id } }],
          answer: undefined,
        };
      }, by),
    sweep: () => {
      for (const [id, version] of used) {
        const token = log.state.tokens[id];
        if (token !== undefined && principalIn(token) !== undefined && versionOf(token) === version) continue;
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
  // a long one is nobody's by himself: an administrator issues it, to a program that nobody is
  const longest = account.kind === 'program' ? TOKEN_LIFETIME_MAX : TOKEN_LIFETIME;
  if (lifetime <= 0 || lifetime > longest)
    throw accessFault(
      'access.malformed',
      `token: a lifetime of \`${lifetime / DAY}\` days; take up to ${longest / DAY}, or an account of a program for longer`,
    );
  if (scope.length === 0) throw accessFault('access.malformed', 'token: an empty scope; name the actions it is for');
  const others = Object.values(state.tokens).filter((token) => token.owner === owner && token.expiresAt > issuedAt);
  if (others.length >= TOKENS_LIMIT)
    throw accessFault('access.conflict', `account \`${owner}\`: has \`${others.length}\` tokens; revoke one first`);
  return { id, owner, issuer, label, scope: [...new Set(scope)], digest, issuedAt, expiresAt: issuedAt + lifetime };
}
