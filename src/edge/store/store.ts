import type { Millis } from '#base/time';
import type { Position, RecordKind, SubjectId } from '#mirror/history/record';
import type { SealedRecord } from '#mirror/history/record-store';

/**
 * A record as a store keeps it. `sealed` is the record; `subject`, `kind` and `at` repeat its header so that it can be found, and
 * `leaf` is its leaf of the Merkle tree: whoever reads back holds all of them against each other (`history verify`).
 */
export interface StoredRecord {
  readonly position: Position;
  readonly subject: SubjectId;
  readonly kind: RecordKind;
  readonly at: Millis;
  readonly sealed: SealedRecord;
  /** `leafDigest(sealed)`, 32 bytes. */
  readonly leaf: Uint8Array;
}

/** Root of the complete subtree over the leaves `256 * index` to `256 * index + 255`: what makes a long history quick to open. */
export interface StoredBlock {
  readonly index: number;
  readonly digest: Uint8Array;
}

/** A signed note over the first `size` records (C2SP tlog-checkpoint). One per size is kept: a later one replaces it. */
export interface StoredCheckpoint {
  readonly size: number;
  readonly at: Millis;
  readonly note: string;
}

/** Key material wrapped under a root key. `name` is bound into the wrapping; `rootKeyId` tells which root key opens it. */
export interface StoredSecret {
  readonly name: string;
  readonly wrapped: Uint8Array;
  readonly rootKeyId: string;
}

/** State as it was after the first `position` records, sealed; a cache that `rebuild` makes again. One per name is kept. */
export interface StoredSnapshot {
  readonly name: string;
  readonly position: Position;
  /** Of the program that wrote it. */
  readonly version: string;
  readonly sealed: Uint8Array;
}

/** What becomes durable together, or not at all. */
export interface Commit {
  /** In order and without a gap; the first one's position is the size of the store. */
  readonly records: readonly StoredRecord[];
  readonly blocks: readonly StoredBlock[];
  readonly checkpoints: readonly StoredCheckpoint[];
  /** Replaces a secret of the same name. */
  readonly secrets: readonly StoredSecret[];
  /** Names of secrets that are destroyed: overwritten as far as the engine lets us, then deleted. */
  readonly destroyed: readonly string[];
  readonly snapshots: readonly StoredSnapshot[];
}

/** Which records to find, in the order of their positions. */
export interface RecordQuery {
  readonly subject?: SubjectId;
  readonly kinds?: readonly RecordKind[];
  /** Records at or after, and before, that time of the platform's clock. */
  readonly from?: Millis;
  readonly to?: Millis;
  /** Positions [after + 1, before). */
  readonly after?: Position;
  readonly before?: Position;
  /** At most `PAGE_LIMIT`. */
  readonly limit: number;
  /** Newest first. */
  readonly descending?: boolean;
}

export const PAGE_LIMIT = 10_000;

/**
 * Where a live platform keeps everything. Not trusted with more than keeping bytes. One process writes at a time: a second
 * one that opens the same store for writing is refused.
 *
 * Every method throws Fault `store.unavailable` (connection, disk full, locked: may work later), `store.conflict` (another
 * writer got in between: this one must reopen), `store.closed`, `store.corrupt` (the engine's own structures are damaged).
 */
export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  /** How many records it holds. */
  size(): Promise<number>;
  /** Resolves when all of it is on disk. @throws Fault; then nothing of it was kept, or all of it (`store.unavailable` only) */
  commit(commit: Commit): Promise<void>;
  /** Records [from, to), in order, in pages of bounded size. A position that is missing is left out. */
  records(from: Position, to: Position): AsyncIterable<readonly StoredRecord[]>;
  find(query: RecordQuery): Promise<readonly StoredRecord[]>;
  /** Leaves of [from, to), undefined where none is stored. */
  leaves(from: Position, to: Position): Promise<readonly (Uint8Array | undefined)[]>;
  /** All blocks, by index. */
  blocks(): Promise<readonly StoredBlock[]>;
  /** All checkpoints, smallest first; with `atMost`, only the last one of at most that size. */
  checkpoints(atMost?: number): Promise<readonly StoredCheckpoint[]>;
  /** At most `limit` checkpoints of more than `size`, or from the first on, smallest first: a long list read in parts. */
  checkpointsAfter(size: number | undefined, limit: number): Promise<readonly StoredCheckpoint[]>;
  secrets(): Promise<readonly StoredSecret[]>;
  snapshots(): Promise<readonly StoredSnapshot[]>;
  /** A consistent copy of the whole store while it is in use, in a file that must not exist. @throws Fault `store.backup` */
  backup(path: string): Promise<void>;
  close(): Promise<void>;
}

/** How a store is opened: `reading` never writes, creates or locks anything, so it works beside a running platform. */
export type StoreMode = 'writing' | 'reading';
