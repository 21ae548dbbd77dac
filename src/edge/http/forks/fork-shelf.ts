import { toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { MINUTE, type Millis } from '#base/time';
import { randomSecret } from '#crypto/secret';
import type { SubjectId } from '#mirror/history/record';

/** Where a fork will be kept once it is made. */
export interface ForkPlace {
  /** Whose it is: nobody else finds it. */
  readonly owner: string;
  readonly idempotencyKey?: string;
}

/** A fork that was made, for a while. */
export interface KeptFork<Told> extends ForkPlace {
  readonly id: string;
  readonly subject: SubjectId;
  readonly expiresAt: Millis;
  readonly told: Told;
}

/** Forks by their ids. INVARIANT: bounded for each owner and in all; none outlives `FORK_LIFETIME`. */
export interface ForkShelf<Told> {
  /**
   * Before the work is done, so that it is neither done for nothing nor refused once it is on record; to be released in any case.
   * @throws Fault `http.too-many-forks`, `http.under-way` where the owner's key has a place already
   */
  reserve(owner: string, idempotencyKey: string | undefined): ForkPlace;
  keep(place: ForkPlace, fork: Pick<KeptFork<Told>, 'id' | 'subject' | 'told'>): KeptFork<Told>;
  release(place: ForkPlace): void;
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
  const reserved = new Set<ForkPlace>();

  const standing = (): readonly KeptFork<Told>[] => {
    for (const [id, { expiresAt }] of kept) {
      if (expiresAt > now()) break;
      kept.delete(id);
    }
    return [...kept.values()];
  };
  const find = (owner: string, subject: SubjectId, id: string): KeptFork<Told> | undefined =>
    standing().find((fork) => fork.id === id && fork.owner === owner && fork.subject === subject);

  return {
    reserve: (owner, idempotencyKey) => {
      const all: readonly ForkPlace[] = [...standing(), ...reserved];
      const own = all.filter((one) => one.owner === owner);
      if (idempotencyKey !== undefined && own.some((one) => one.idempotencyKey === idempotencyKey)) {
        throw new Fault('http.under-way', 'idempotency-key: its request is under way; ask again in a moment');
      }
      if (all.length >= IN_ALL || own.length >= OF_ONE) {
        throw new Fault('http.too-many-forks', `forks: ${OF_ONE} are kept for you already; delete one, or wait`);
      }
      const place = { owner, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
      reserved.add(place);
      return place;
    },
    keep: (place, fork) => {
      const made = { ...place, ...fork, expiresAt: now() + FORK_LIFETIME };
      kept.set(made.id, made);
      return made;
    },
    release: (place) => void reserved.delete(place),
    find,
    findByKey: (owner, key) => standing().find((fork) => fork.owner === owner && fork.idempotencyKey === key),
    remove: (owner, subject, id) => find(owner, subject, id) !== undefined && kept.delete(id),
  };
}
