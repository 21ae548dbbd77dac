import type { Peer } from './peer.ts';

/** The highest counter accepted from each peer. With `antiReplay` off it remembers nothing and finds everything fresh. */
export interface ReceiveCounters {
  isFresh(peer: Peer, counter: number): boolean;
  /** INVARIANT: called only after every other check of the frame has passed. */
  accept(peer: Peer, counter: number): void;
}

export function createReceiveCounters(antiReplay: boolean): ReceiveCounters {
  if (!antiReplay) return { isFresh: () => true, accept: () => {} };
  const highest = new Map<Peer, number>();
  return {
    isFresh: (peer, counter) => counter > (highest.get(peer) ?? 0),
    accept: (peer, counter) => {
      highest.set(peer, counter);
    },
  };
}
