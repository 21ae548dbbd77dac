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
 * `ANSWER_LIFETIME`: some hold a token that is shown once.
 */
export interface AnswerShelf {
  /** Whether there was such a request; a new one is under way from now on. `wish` is what it asks for, as a digest. */
  begin(key: string, wish: string): EarlierRequest;
  /** Undefined: nothing was done, and the same key may ask again. */
  end(key: string, answer: KeptAnswer | undefined): void;
  readonly size: number;
}

export const ANSWER_LIFETIME: Millis = 10 * MINUTE;
const IN_ALL = 5_000;
export const ANSWER_LIMIT = 16 * 1_024;

interface Entry {
  readonly wish: string;
  readonly until: Millis;
  answer?: KeptAnswer;
}

export function createAnswerShelf(now: () => Millis): AnswerShelf {
  /** In the order in which they end. */
  const entries = new Map<string, Entry>();

  const sweep = (): void => {
    for (const [key, { until }] of entries) {
      if (until > now() && entries.size < IN_ALL) return;
      entries.delete(key);
    }
  };

  return {
    begin: (key, wish) => {
      sweep();
      const entry = entries.get(key);
      if (entry === undefined) {
        entries.set(key, { wish, until: now() + ANSWER_LIFETIME });
        return { kind: 'new' };
      }
      if (entry.wish !== wish) return { kind: 'other' };
      return entry.answer === undefined ? { kind: 'under-way' } : { kind: 'answered', answer: entry.answer };
    },
    end: (key, answer) => {
      const entry = entries.get(key);
      if (entry === undefined) return;
      if (answer === undefined || answer.body.length > ANSWER_LIMIT) entries.delete(key);
      else entry.answer = answer;
    },
    get size() {
      return entries.size;
    },
  };
}
