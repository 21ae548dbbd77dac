import { requireContinuation } from '#edge/store/check-commit';
import type {
  Commit,
  RecordQuery,
  Store,
  StoredBlock,
  StoredCheckpoint,
  StoredRecord,
  StoredSecret,
  StoredSnapshot,
} from '#edge/store/store';
import { requireOpen } from '#edge/store/store-fault';
import type { Position } from '#mirror/history/record';

/** A store in memory that keeps what it is given over openings, and the way of an insider around it: its tables as they are. */
export interface MemoryStore {
  readonly records: Map<Position, StoredRecord>;
  readonly blocks: Map<number, StoredBlock>;
  readonly checkpoints: Map<number, StoredCheckpoint>;
  readonly secrets: Map<string, StoredSecret>;
  readonly snapshots: Map<string, StoredSnapshot>;
  /** What was committed since the store was made, in order. */
  readonly commits: Commit[];
  /** Rows of one page of `records`; small, so that there is more than one. */
  pageRows: number;
  /** Asked before each commit; what it throws or waits for is the commit's. */
  beforeCommit: (commit: Commit) => void | Promise<void>;
  open(): Store;
  /** Another one with the same rows. */
  copy(): MemoryStore;
}

export function createMemoryStore(): MemoryStore {
  const records = new Map<Position, StoredRecord>();
  const blocks = new Map<number, StoredBlock>();
  const checkpoints = new Map<number, StoredCheckpoint>();
  const secrets = new Map<string, StoredSecret>();
  const snapshots = new Map<string, StoredSnapshot>();
  const size = (): number => Math.max(-1, ...records.keys()) + 1;

  const found = ({ subject, kinds, from, to, after, before, limit, descending }: RecordQuery) => {
    const isWanted = (one: StoredRecord): boolean =>
      (subject === undefined || one.subject === subject) &&
      (kinds === undefined || kinds.includes(one.kind)) &&
      (from === undefined || one.at >= from) &&
      (to === undefined || one.at < to) &&
      (after === undefined || one.position > after) &&
      (before === undefined || one.position < before);
    const all = ordered(records).filter(isWanted);
    return (descending === true ? all.reverse() : all).slice(0, limit);
  };

  const memory: MemoryStore = {
    records,
    blocks,
    checkpoints,
    secrets,
    snapshots,
    commits: [],
    pageRows: 100,
    beforeCommit: () => {},
    copy: () => {
      const copy = createMemoryStore();
      for (const table of ['records', 'blocks', 'checkpoints', 'secrets', 'snapshots'] as const) {
        const into = copy[table] as Map<unknown, unknown>;
        for (const [key, row] of memory[table]) into.set(key, row);
      }
      return copy;
    },
    open: () => {
      let isOpen = true;
      const whenOpen = async <T>(work: () => T): Promise<T> => {
        requireOpen(isOpen);
        return work();
      };
      return {
        kind: 'sqlite',
        size: () => whenOpen(size),
        commit: async (commit) => {
          requireOpen(isOpen);
          await memory.beforeCommit(commit);
          requireContinuation(commit, size());
          memory.commits.push(commit);
          for (const record of commit.records) records.set(record.position, record);
          for (const block of commit.blocks) blocks.set(block.index, block);
          for (const checkpoint of commit.checkpoints) checkpoints.set(checkpoint.size, checkpoint);
          for (const name of commit.destroyed) secrets.delete(name);
          for (const secret of commit.secrets) secrets.set(secret.name, secret);
          for (const snapshot of commit.snapshots) snapshots.set(snapshot.name, snapshot);
        },
        async *records(from, to) {
          requireOpen(isOpen);
          let page: StoredRecord[] = [];
          for (const record of ordered(records)) {
            if (record.position < from || record.position >= to) continue;
            page.push(record);
            if (page.length < memory.pageRows) continue;
            yield page;
            page = [];
          }
          if (page.length > 0) yield page;
        },
        find: (query) => whenOpen(() => found(query)),
        leaves: (from, to) =>
          whenOpen(() => Array.from({ length: Math.max(0, to - from) }, (_, index) => records.get(from + index)?.leaf)),
        blocks: () => whenOpen(() => ordered(blocks)),
        checkpoints: (atMost) =>
          whenOpen(() => {
            const all = ordered(checkpoints);
            return atMost === undefined ? all : all.filter((one) => one.size <= atMost).slice(-1);
          }),
        checkpointsAfter: (after, limit) =>
          whenOpen(() =>
            ordered(checkpoints)
              .filter((one) => after === undefined || one.size > after)
              .slice(0, limit),
          ),
        secrets: () => whenOpen(() => [...secrets.values()]),
        snapshots: () => whenOpen(() => [...snapshots.values()]),
        backup: async () => {
          throw new Error('a store in memory has no backup');
        },
        close: async () => {
          isOpen = false;
        },
      };
    },
  };
  return memory;
}

/** The rows of a table in the order of their numbers, each as a copy of its own. */
const ordered = <T>(table: ReadonlyMap<number, T>): T[] =>
  [...table].toSorted(([left], [right]) => left - right).map(([, row]) => ({ ...row }));
