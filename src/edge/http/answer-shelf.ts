import { MINUTE, type Millis } from '#base/time';

/** What was answered to a write. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type EarlierRequest =
  | { readonly kind: 'new' }
  | { readonly kind: 'under-way' }
  /** The key was used for something else. */
  | { readonly kind: 'other' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer };

/**
 * Answers by the keys of their requests, for a while. INVARIANT: bounded in number, each in size, and none outlives
 * `ANSWER_LIFETIME`: some hold a token that is shown once. A request that is under way is never forgotten, or it could be done
 * twice: there are no more of them than there are connections.
 */
export interface AnswerShelf {
  /**
   * Whether there was such a request of that owner; a new one is under way from now on. `wish` is what it asks for, as a digest.
   */
  begin(owner: string, key: string, wish: string): EarlierRequest;
  /** Undefined: nothing was done, and the same key may ask again. */
  end(owner: string, key: string, answer: KeptAnswer | undefined): void;
  /** Answers that are kept. */
  readonly size: number;
}

export const ANSWER_LIFETIME: Millis = 10 * MINUTE;
const IN_ALL = 5_000;
/** Whoever uses more keys than this loses the oldest of his own, and nobody else's. */
const OF_ONE = 500;
export const ANSWER_LIMIT = 16 * 1_024;

interface Entry {
  readonly owner: string;
  readonly wish: string;
  readonly until: Millis;
  readonly answer: KeptAnswer;
}

export function createAnswerShelf(now: () => Millis): AnswerShelf {
  /** What each is to do, by owner and key. */
  const underWay = new Map<string, string>();
  /** In the order in which they end. */
  const answered = new Map<string, Entry>();
  const ofOne = new Map<string, number>();

  const drop = (id: string, { owner }: Entry): void => {
    answered.delete(id);
    const left = ofOne.get(owner)! - 1;
    if (left === 0) ofOne.delete(owner);
    else ofOne.set(owner, left);
  };
  const sweep = (): void => {
    for (const [id, entry] of answered) {
      if (entry.until > now()) return;
      drop(id, entry);
    }
  };
  const makeRoom = (owner: string): void => {
    const isOwn = (ofOne.get(owner) ?? 0) >= OF_ONE;
    if (!isOwn && answered.size < IN_ALL) return;
    for (const [id, entry] of answered) {
      if (isOwn && entry.owner !== owner) continue;
      drop(id, entry);
      return;
    }
  };

  return {
    begin: (owner, key, wish) => {
      sweep();
      const id = idOf(owner, key);
      const entry = answered.get(id);
      const earlier = entry?.wish ?? underWay.get(id);
      if (earlier === undefined) {
        underWay.set(id, wish);
        return { kind: 'new' };
      }
      if (earlier !== wish) return { kind: 'other' };
      return entry === undefined ? { kind: 'under-way' } : { kind: 'answered', answer: entry.answer };
    },
    end: (owner, key, answer) => {
      const id = idOf(owner, key);
      const wish = underWay.get(id);
      underWay.delete(id);
      if (wish === undefined || answer === undefined || answer.body.length > ANSWER_LIMIT) return;
      makeRoom(owner);
      answered.set(id, { owner, wish, until: now() + ANSWER_LIFETIME, answer });
      ofOne.set(owner, (ofOne.get(owner) ?? 0) + 1);
    },
    get size() {
      return answered.size;
    },
  };
}

const idOf = (owner: string, key: string): string => `${owner}\n${key}`;
