import type { AccessState } from '#assure/access/access-state';
import type { Account, AccountId } from '#assure/access/account';
import type { Principal } from '#assure/access/authorization';
import { type Clock, HOUR, MINUTE, type Millis } from '#base/time';
import type { Revocations } from './revocations.ts';
import { digestOf, makeSecret, type SecretSource } from './secret-text.ts';

export interface SessionLimits {
  /** Ends after so long without a request. */
  readonly idle: Millis;
  /** Ends after so long in any case. */
  readonly absolute: Millis;
}

export const SESSION_LIMITS: SessionLimits = { idle: 15 * MINUTE, absolute: 8 * HOUR };
/** Of one account; the oldest makes room. */
const PER_ACCOUNT = 10;
/** Of all accounts; the one that was idle longest makes room. */
const IN_ALL = 10_000;

/** Somebody who is signed in. The secret is not kept: only its digest is, as the key of the table. */
export interface Session {
  readonly id: string;
  readonly account: AccountId;
  readonly method: 'password' | 'oidc';
  readonly address: string;
  readonly openedAt: Millis;
  readonly seenAt: Millis;
}

export interface SessionTable {
  /** Opens a session of an account as it is now; returns the secret of its cookie. */
  open(id: string, account: Account, method: Session['method'], address: string): string;
  /** The principal of a cookie's secret, and that it was seen now. */
  principalOf(secret: string): Principal | undefined;
  /** Whether the session of that id still stands. */
  stands(id: string): boolean;
  find(id: string): Session | undefined;
  of(account: AccountId): readonly Session[];
  end(id: string): void;
  /** Ends sessions that are too old, and those whose account changed under them. */
  sweep(state: AccessState): void;
}

interface OpenSession extends Session {
  readonly digest: string;
  readonly version: number;
  readonly principal: Principal;
  seenAt: Millis;
}

export const sessionCredential = (id: string): string => `session/${id}`;

function principalOfSession(account: Account, session: string): Principal {
  const { id, roles, wards, patients } = account;
  return Object.freeze({ kind: 'person', id, roles, wards, patients, credential: sessionCredential(session) });
}

export function createSessionTable(
  clock: Clock,
  random: SecretSource,
  revocations: Revocations,
  limits: SessionLimits,
): SessionTable {
  const byDigest = new Map<string, OpenSession>();
  const byId = new Map<string, OpenSession>();

  const isOver = ({ openedAt, seenAt }: OpenSession): boolean => {
    const now = clock.now();
    return now - seenAt >= limits.idle || now - openedAt >= limits.absolute;
  };
  const close = (session: OpenSession | undefined): void => {
    if (session === undefined) return;
    byDigest.delete(session.digest);
    byId.delete(session.id);
    revocations.end(sessionCredential(session.id));
  };
  const standing = (session: OpenSession | undefined): OpenSession | undefined => {
    if (session === undefined || !isOver(session)) return session;
    close(session);
    return undefined;
  };
  const of = (account: AccountId): readonly OpenSession[] =>
    [...byId.values()].filter((session) => session.account === account && !isOver(session));
  const makeRoom = (account: AccountId): void => {
    const own = of(account);
    if (own.length >= PER_ACCOUNT) close(leastBy(own, ({ openedAt }) => openedAt));
    if (byId.size >= IN_ALL) close(leastBy([...byId.values()], ({ seenAt }) => seenAt));
  };

  return {
    open: (id, account, method, address) => {
      makeRoom(account.id);
      const secret = makeSecret(random);
      const now = clock.now();
      const session: OpenSession = {
        id,
        account: account.id,
        method,
        address,
        openedAt: now,
        seenAt: now,
        digest: digestOf(secret),
        version: account.version,
        principal: principalOfSession(account, id),
      };
      byDigest.set(session.digest, session);
      byId.set(id, session);
      return secret;
    },
    principalOf: (secret) => {
      // Looked up by digest: what a stranger sends decides nothing about where the comparison ends.
      const session = standing(byDigest.get(digestOf(secret)));
      if (session !== undefined) session.seenAt = clock.now();
      return session?.principal;
    },
    stands: (id) => standing(byId.get(id)) !== undefined,
    find: (id) => standing(byId.get(id)),
    of,
    end: (id) => close(byId.get(id)),
    sweep: ({ accounts }) => {
      for (const session of byId.values()) {
        const account = accounts[session.account];
        const same = account !== undefined && !account.disabled && account.version === session.version;
        if (!same || isOver(session)) close(session);
      }
    },
  };
}

function leastBy<T>(items: readonly T[], measure: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (least, item) => (least === undefined || measure(item) < measure(least) ? item : least),
    undefined,
  );
}
