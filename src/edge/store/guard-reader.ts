import { requireOpen } from './store-fault.ts';
import type { StoreReader } from './store-reader.ts';

/** Does what is asked for while the store is open, and tells the engine's errors as Faults of the store. */
export type StoreGuard = <T>(work: () => Promise<T>) => Promise<T>;

export interface GuardParts {
  readonly isOpen: () => boolean;
  readonly asFault: (error: unknown) => unknown;
}

export function createStoreGuard({ isOpen, asFault }: GuardParts): StoreGuard {
  return async (work) => {
    requireOpen(isOpen());
    try {
      return await work();
    } catch (error) {
      throw asFault(error);
    }
  };
}

/** A reader each of whose calls goes by way of the guard. */
export function guardReader(reader: StoreReader, parts: GuardParts): StoreReader {
  const guarded = createStoreGuard(parts);
  return {
    size: () => guarded(reader.size),
    async *records(from, to) {
      requireOpen(parts.isOpen());
      try {
        yield* reader.records(from, to);
      } catch (error) {
        throw parts.asFault(error);
      }
    },
    find: (query) => guarded(() => reader.find(query)),
    leaves: (from, to) => guarded(() => reader.leaves(from, to)),
    blocks: () => guarded(reader.blocks),
    checkpoints: (atMost) => guarded(() => reader.checkpoints(atMost)),
    checkpointsAfter: (size, limit) => guarded(() => reader.checkpointsAfter(size, limit)),
    secrets: () => guarded(reader.secrets),
    snapshots: () => guarded(reader.snapshots),
  };
}
