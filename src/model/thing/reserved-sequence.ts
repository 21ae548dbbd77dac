import { assert } from '#base/assert';

/**
 * Numbers reserved at once: a device that speaks many times a second writes its state once in so many messages. One that
 * speaks once in minutes does better to reserve a single one, because a gap of more looks to the platform like messages that
 * somebody withheld.
 */
export const RESERVED_AHEAD = 1_000;
const MOST_AHEAD = 1_000_000;

/** Numbers that count up and are never used twice, also over a crash. */
export interface ReservedSequence {
  take(): number;
  /** The next number to be used. */
  readonly next: number;
  /** From here on no number was used: where whoever comes back from a crash goes on. */
  readonly unused: number;
  /** Gives back what is reserved and was not used; the next number reserves anew. @returns `next` */
  release(): number;
}

/**
 * `reserve` keeps a number durably: every one from there on is unused. It is called before the first number of a block is
 * given out, and nothing is given out when it throws.
 *
 * INVARIANT: a number that `take` returned is below one that `reserve` has kept. A crash therefore leaves a gap of up to
 * `ahead` and never a number used twice; an orderly stop keeps `release()` and leaves no gap. Without `reserve`
 * nothing is kept, which is for those whose state ends with their process.
 */
export function createReservedSequence(
  start: number,
  reserve?: (unused: number) => void,
  ahead: number = RESERVED_AHEAD,
): ReservedSequence {
  assert(Number.isSafeInteger(start) && start >= 0, 'a sequence counts from 0');
  assert(Number.isSafeInteger(ahead) && ahead >= 1 && ahead <= MOST_AHEAD, `1 to ${MOST_AHEAD} numbers are reserved`);
  let next = start;
  let unused = start;
  return {
    take() {
      if (next === unused) {
        const end = next + (reserve === undefined ? 1 : ahead);
        reserve?.(end);
        unused = end;
      }
      next += 1;
      return next - 1;
    },
    get next() {
      return next;
    },
    get unused() {
      return unused;
    },
    release() {
      unused = next;
      return next;
    },
  };
}
