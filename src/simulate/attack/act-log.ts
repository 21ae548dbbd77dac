import type { Millis } from '#base/time';

/** One thing that the adversary did. */
export interface Act {
  readonly at: Millis;
  readonly step: string;
  readonly technique: string;
  readonly what: string;
}

/** What is known of the acts of a run, in bounded memory. */
export interface ActLog {
  /** The first ones, at most `ACTS_KEPT`. */
  readonly acts: readonly Act[];
  readonly count: number;
  /** The first act starts the clock of detection. */
  readonly first?: Act;
  readonly last?: Act;
}

export const ACTS_KEPT = 500;

export function createActLog(): { add(act: Act): void; read(): ActLog } {
  const acts: Act[] = [];
  let count = 0;
  let last: Act | undefined;
  return {
    add: (act) => {
      count += 1;
      last = act;
      if (acts.length < ACTS_KEPT) acts.push(act);
    },
    read: () => ({
      acts,
      count,
      ...(acts[0] === undefined ? {} : { first: acts[0] }),
      ...(last === undefined ? {} : { last }),
    }),
  };
}
