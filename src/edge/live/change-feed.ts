import type { Position } from '#mirror/history/record';
import type { Change } from './live.ts';

/** Changes kept in memory for those who come back after a short while. */
const RECENT = 20_000;

/** What became durable, in order, as it does. */
export interface ChangeFeed {
  /** The position that the next change will have. */
  readonly next: Position;
  /** Calls back after every commit, synchronously: whoever needs time makes a queue of its own. Returns how to stop. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void;
  /** Changes from `from` on, if memory reaches back that far; otherwise the history has them. */
  since(from: Position): readonly Change[] | undefined;
}

export interface ChangePublisher extends ChangeFeed {
  /** Where history stands when the platform opens. */
  startAt(next: Position): void;
  publish(changes: readonly Change[]): void;
}

/** `onFault` hears of a listener that threw: the others, and whoever waits for the commit, go on. */
export function createChangeFeed(onFault: (error: unknown) => void = () => {}): ChangePublisher {
  const listeners = new Set<(changes: readonly Change[]) => void>();
  /** A ring: the change of position p is at p modulo its size. */
  const recent: (Change | undefined)[] = new Array(RECENT).fill(undefined);
  let first: Position = 0;
  let next: Position = 0;

  return {
    get next() {
      return next;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    since: (from) => {
      if (from < first) return undefined;
      const changes: Change[] = [];
      for (let position = from; position < next; position += 1) changes.push(recent[position % RECENT]!);
      return changes;
    },
    startAt: (position) => {
      first = position;
      next = position;
    },
    publish: (changes) => {
      for (const change of changes) {
        recent[change.position % RECENT] = change;
        next = change.position + 1;
      }
      first = Math.max(first, next - RECENT);
      for (const listener of listeners) {
        try {
          listener(changes);
        } catch (error) {
          onFault(error);
        }
      }
    },
  };
}
