import type { Millis } from '#base/time';

/** How long to wait before the next attempt, where attempts fail. */
export interface Backoff {
  /** Twice as long with every call, up to the longest. */
  next(): Millis;
  /** It worked: the next failure is the first one again. */
  reset(): void;
}

export interface BackoffOptions {
  readonly first: Millis;
  readonly longest: Millis;
  /** Takes a part of the wait away at random, so that whoever comes back is not met by everybody at once. */
  readonly isSpread?: boolean;
}

export function createBackoff({ first, longest, isSpread = false }: BackoffOptions): Backoff {
  let wait = first;
  return {
    next: () => {
      const now = wait;
      wait = Math.min(2 * wait, longest);
      return isSpread ? now * (0.5 + Math.random() / 2) : now;
    },
    reset: () => {
      wait = first;
    },
  };
}
