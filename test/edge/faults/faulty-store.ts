import type { Commit, Store } from '#edge/store/store';
import { unavailable } from '#edge/store/store-fault';

/** `before`: nothing was kept. `after`: everything was, and the answer is lost on the way. */
export type CommitFault = 'before' | 'after';

/** A store that fails when it is told to. One for all openings: the fault is in the engine, not in a connection. */
export interface FaultyStore {
  readonly wrap: (store: Store) => Store;
  /** Asked before every commit. */
  decide: (commit: Commit) => CommitFault | undefined;
  /** Stores opened and not closed; and how many were ever opened. */
  readonly open: number;
  readonly opened: number;
  /** The store cannot be opened. */
  away: boolean;
  /** From now on commits wait. */
  hold(): void;
  release(): void;
  /** Resolves when a commit waits. */
  held(): Promise<void>;
}

export function createFaultyStore(): FaultyStore {
  let open = 0;
  let opened = 0;
  let gate: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  let arrived = Promise.withResolvers<void>();

  const faulty: FaultyStore = {
    decide: () => undefined,
    away: false,
    get open() {
      return open;
    },
    get opened() {
      return opened;
    },
    hold: () => {
      gate = Promise.withResolvers<void>();
      arrived = Promise.withResolvers<void>();
    },
    release: () => {
      gate?.resolve();
      gate = undefined;
    },
    held: () => arrived.promise,
    wrap: (store) => {
      open += 1;
      opened += 1;
      let isOpen = true;
      return {
        ...store,
        commit: async (commit) => {
          arrived.resolve();
          await gate?.promise;
          const fault = faulty.away ? 'before' : faulty.decide(commit);
          if (fault === 'before') throw unavailable('it does not answer', 'ECONNRESET');
          await store.commit(commit);
          if (fault === 'after') throw unavailable('its answer was lost', 'ECONNRESET');
        },
        close: async () => {
          if (isOpen) open -= 1;
          isOpen = false;
          await store.close();
        },
      };
    },
  };
  return faulty;
}
