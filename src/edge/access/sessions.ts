import type { Account, AccountId } from '#assure/access/account';
import type { Principal } from '#assure/access/authorization';
import { sessionCredential, standing } from '#assure/access/held-right';
import { type Clock, HOUR, MINUTE, type Millis } from '#base/time';
import type { AccessLog } from './access-history.ts';
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
  find(id: string): Session | undefined;
  /** The one that a principal's credential names. */
  findBy(credential: string): Session | undefined;
  of(account: AccountId): readonly Session[];
  end(id: string): void;
  /** Ends sessions that are too old, and those whose account changed under them. */
  sweep(): void;
}

interface OpenSession extends Session {
  readonly digest: string;
  /** Of the account as it was. */
  readonly version: number;
  readonly epoch: number;
  seenAt: Millis;
}

export function createSessionTable(
  log: Pick<AccessLog, 'state'>,
  clock: Clock,
  random: SecretSource,
  revocations: Revocations,
  limits: SessionLimits,
): SessionTable {
  const byDigest = new Map<string, OpenSession>();
  const byId = new Map<string, OpenSession>();

  const principalIn = ({ id, account, version, epoch, openedAt, seenAt }: OpenSession): Principal | undefined => {
    const now = clock.now();
    if (now - seenAt >= limits.idle || now - openedAt >= limits.absolute) return undefined;
    // a session ends with its rights too, so that whoever works sees at once that they changed
    if (log.state.accounts[account]?.version !== version) return undefined;
    return standing(log.state, { account, credential: sessionCredential(id), epoch }, now);
  };
  const isOver = (session: OpenSession): boolean => principalIn(session) === undefined;
  const close = (session: OpenSession | undefined): void => {
    if (session === undefined) return;
    byDigest.delete(session.digest);
    byId.delete(session.id);
    revocations.end(sessionCredential(session.id));
  };
  const stillOpen = (session: OpenSession | undefined): OpenSession | undefined => {
    if (session === undefined || !isOver(session)) return session;
    close(session);
    return undefined;
  };
  const of = (account: AccountId): readonly OpenSession[] =>
    byId
      .values()
      .filter((session) => session.account === account && !isOver(session))
      .toArray();
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
        epoch: account.epoch,
      };
      byDigest.set(session.digest, session);
      byId.set(id, session);
      return secret;
    },
    principalOf: (secret) => {
      // Looked up by digest: what a stranger sends decides nothing about where the comparison ends.
      const session = stillOpen(byDigest.get(digestOf(secret)));
      if (session === undefined) return undefined;
      session.seenAt = clock.now();
      return principalIn(session);
    },
    find: (id) => stillOpen(byId.get(id)),
    findBy: (credential) => stillOpen(byId.get(credential.slice(sessionCredential('').length))),
    of,
    end: (id) => close(byId.get(id)),
    sweep: () => {
      for (const session of byId.values()) stillOpen(session);
    },
  };
}

function leastBy<T>(items: readonly T[], measure: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>(
    (least, item) => (least === undefined || measure(item) < measure(least) ? item : least),
    undefined,
  );
}
