import { toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { MINUTE, type Millis } from '#base/time';
import { randomSecret } from '#crypto/secret';
import type { SubjectId } from '#mirror/history/record';

/** A fork that was made, for a while. */
export interface KeptFork<Told> {
  readonly id: string;
  /** Whose it is: nobody else finds it. */
  readonly owner: string;
  readonly subject: SubjectId;
  readonly expiresAt: Millis;
  readonly idempotencyKey?: string;
  readonly told: Told;
}

/** Forks by their ids. INVARIANT: bounded for each owner and in all; none outlives `FORK_LIFETIME`. */
export interface ForkShelf<Told> {
  /** @throws Fault `http.too-many-forks`: before the work is done, so that it is not done for nothing */
  requireRoom(owner: string): void;
  /** @throws Fault `http.too-many-forks` */
  keep(fork: Omit<KeptFork<Told>, 'expiresAt'>): KeptFork<Told>;
  find(owner: string, subject: SubjectId, id: string): KeptFork<Told> | undefined;
  findByKey(owner: string, key: string): KeptFork<Told> | undefined;
  remove(owner: string, subject: SubjectId, id: string): boolean;
}

/** Nobody guesses one. */
export const newForkId = (): string => toHex(randomSecret(12));

export const FORK_LIFETIME: Millis = 15 * MINUTE;
const OF_ONE = 16;
const IN_ALL = 500;

export function createForkShelf<Told>(now: () => Millis): ForkShelf<Told> {
  /** In the order in which they expire. */
  const kept = new Map<string, KeptFork<Told>>();

  const standing = (): readonly KeptFork<Told>[] => {
    for (const [id, { expiresAt }] of kept) {
      if (expiresAt > now()) break;
      kept.delete(id);
    }
    return [...kept.values()];
  };
  const find = (owner: string, subject: SubjectId, id: string): KeptFork<Told> | undefined =>
    standing().find((fork) => fork.id === id && fork.owner === owner && fork.subject === subject);

  const requireRoom = (owner: string): void => {
    const all = standing();
    if (all.length >= IN_ALL || all.filter((fork) => fork.owner === owner).length >= OF_ONE) {
      throw new Fault('http.too-many-forks', `forks: ${OF_ONE} are kept for you already; delete one, or wait`);
    }
  };

  return {
    requireRoom,
    keep: (fork) => {
      // others may have come in while the work was done
      requireRoom(fork.owner);
      const made = { ...fork, expiresAt: now() + FORK_LIFETIME };
      kept.set(made.id, made);
      return made;
    },
    find,
    findByKey: (owner, key) => standing().find((fork) => fork.owner === owner && fork.idempotencyKey === key),
    remove: (owner, subject, id) => find(owner, subject, id) !== undefined && kept.delete(id),
  };
}
