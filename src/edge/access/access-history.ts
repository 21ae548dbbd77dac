import type { AccessEntry } from '#assure/access/access-record';
import { type AccessState, applyAccessEntry } from '#assure/access/access-state';
import { asCbor, type CborValue } from '#base/canonical';
import type { Clock, Millis } from '#base/time';
import type { RecordKind, SubjectId } from '#mirror/history/record';
import type { Actor } from './actor.ts';

/** Where records of access go. */
export interface AccessHistory {
  /** Resolves when all of them are durable. @throws Fault; then none of them was kept */
  record(
    entries: readonly { readonly kind: RecordKind; readonly subject: SubjectId; readonly body: CborValue }[],
  ): Promise<void>;
}

/** What somebody's wish comes to: the records it makes, and the answer once they are durable. */
export interface Change<T> {
  readonly entries: readonly AccessEntry[];
  readonly answer: T;
}

/** The one place in which the state of access changes. */
export interface AccessLog {
  readonly state: AccessState;
  /**
   * Decides on the state as it is, records, and only then changes the state. INVARIANT: one change at a time: whatever `decide`
   * saw (a code not yet used, a link not yet taken, a second administrator) still holds when its records are applied, and so does
   * the right of whoever changes it.
   * @throws what `decide` throws, `by` throws, and Fault of the store; then nothing changed
   */
  change<T>(decide: (state: AccessState, now: Millis) => Change<T>, by?: Actor): Promise<T>;
  /** Calls back after every change. */
  onChange(listener: (state: AccessState) => void): void;
  /** Takes over what was recorded elsewhere, such as a subject that was forgotten. */
  replace(change: (state: AccessState) => AccessState): Promise<void>;
}

export function createAccessLog(initial: AccessState, history: AccessHistory, clock: Clock): AccessLog {
  let state = initial;
  let last: Promise<unknown> = Promise.resolve();
  const listeners: ((state: AccessState) => void)[] = [];

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    // the next one waits for this one, whatever becomes of it
    last = turn.catch(() => undefined);
    return turn;
  };
  const become = (next: AccessState): void => {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener(state);
  };

  return {
    get state() {
      return state;
    },
    change: (decide, by) =>
      inTurn(async () => {
        by?.requireStill();
        const { entries, answer } = decide(state, clock.now());
        if (entries.length === 0) return answer;
        await history.record(entries.map(({ kind, subject, body }) => ({ kind, subject, body: asCbor(body) })));
        become(entries.reduce(applyAccessEntry, state));
        return answer;
      }),
    onChange: (listener) => {
      listeners.push(listener);
    },
    replace: (change) => inTurn(async () => become(change(state))),
  };
}
