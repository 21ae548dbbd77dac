import { assert } from '#base/assert';
import type { Millis } from '#base/time';
import { BLOCK_LEAVES, leafDigest, type MerkleLog } from '#crypto/merkle-log';
import { formatCheckpoint, type NoteSigner, signNote } from '#crypto/signed-note';
import type { SignedCheckpoint } from './history.ts';
import type { HistoryRecord, Position } from './record.ts';
import type { SealedRecord } from './record-store.ts';
import { sealRecord } from './sealed-record.ts';
import type { SubjectKeys } from './subject-keys.ts';

export interface LedgerDeps {
  /** Names the log in its checkpoints, for example `ward.example/history`. */
  readonly origin: string;
  readonly keys: SubjectKeys;
  readonly signers: readonly NoteSigner[];
  /** INVARIANT: another one with every opening, even after a backup was restored: nonces rest on it (`sealRecord`). */
  readonly epoch: number;
  /** The tree over all that is durable. */
  readonly tree: MerkleLog;
}

/** A record that was appended and is not yet known to be durable. */
export interface Entry {
  readonly position: Position;
  readonly record: HistoryRecord;
  readonly sealed: SealedRecord;
  readonly leaf: Uint8Array;
}

/** What was appended since the last time: to be made durable as a whole. */
export interface Drained {
  readonly entries: readonly Entry[];
  /** Roots of the blocks of 256 leaves that the entries complete. */
  readonly blocks: readonly { readonly index: number; readonly digest: Uint8Array }[];
}

/**
 * The writing side of a live history: seals records ahead of their becoming durable. When that fails, the ledger is thrown away
 * with everything that rests on it.
 */
export interface Ledger {
  /** Records, durable ones and others. */
  readonly size: Position;
  /** Records appended and not drained. */
  readonly pending: number;
  /** @throws Fault `history.subject-forgotten`, `cbor.unencodable` */
  append(record: HistoryRecord): Position;
  drain(): Drained;
  /** Signs all that was appended: to be made durable together with it, never before. */
  checkpoint(now: Millis): SignedCheckpoint;
}

export function createLedger({ origin, keys, signers, epoch, tree }: LedgerDeps): Ledger {
  assert(Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 32, 'an epoch is a 32-bit count');
  let entries: Entry[] = [];
  let blocks: { index: number; digest: Uint8Array }[] = [];
  return {
    get size() {
      return tree.size;
    },
    get pending() {
      return entries.length;
    },
    append: (record) => {
      const position = tree.size;
      const sealed = sealRecord(record, position, epoch, keys.keyFor(record.subject));
      const leaf = leafDigest(sealed);
      tree.append(leaf);
      entries.push({ position, record, sealed, leaf });
      if (tree.size % BLOCK_LEAVES === 0) {
        const index = tree.size / BLOCK_LEAVES - 1;
        blocks.push({ index, digest: tree.block(index) });
      }
      return position;
    },
    drain: () => {
      const drained = { entries, blocks };
      entries = [];
      blocks = [];
      return drained;
    },
    checkpoint: (now) => {
      const state = { origin, size: tree.size, root: tree.root() };
      return { ...state, at: now, note: signNote(formatCheckpoint(state, [`at ${now}`]), signers) };
    },
  };
}
