import { equalBytes } from '#base/bytes';
import { BLOCK_LEAVES, leafDigest, rootOfLeaves } from '#crypto/merkle-log';
import type { AuditResult } from '#mirror/history/history';
import type { Position } from '#mirror/history/record';
import type { StoredRecord } from '../store/store.ts';
import type { Live } from './live.ts';
import type { Opened } from './opened.ts';

/** Blocks of records that are looked at in one go: some milliseconds. */
const BLOCKS_AT_A_TIME = 8;

/** Compares what the store holds with the tree in memory, a little at a time, over and over. */
export interface Auditor {
  /** Looks at the next part. What differs, and every round that found nothing, is told to the fleet, whose monitor judges it. */
  look(): Promise<void>;
}

/** The tree in memory is the judge: whoever edits the store underneath does not reach it. */
export function createAuditor(current: () => Opened, act: Live['act']): Auditor {
  let next: Position = 0;
  /** What was told since the last round that found nothing: each place once, however many there are. */
  const told = new Set<Position>();
  let isClean = true;

  const tell = async (result: AuditResult): Promise<void> => {
    await act((fleet) => ({ effects: fleet.audited(result) }));
  };

  const look = async (): Promise<void> => {
    const { store, tree } = current();
    // what is not yet durable is not in the store, and leaves of the last, incomplete block are kept as they are
    const size = await store.size();
    const to = Math.min(next + BLOCKS_AT_A_TIME * BLOCK_LEAVES, size);
    const bad = await firstBad(current(), next, to);
    const isRound = to >= size;
    next = isRound ? 0 : to;
    if (bad !== undefined) {
      isClean = isRound;
      if (told.has(bad.position)) return;
      await tell({ kind: 'tampered', reason: bad.reason, firstBad: bad.position });
      told.add(bad.position);
      return;
    }
    if (!isRound) return;
    const wasClean = isClean;
    isClean = true;
    if (!wasClean) return;
    told.clear();
    await tell({ kind: 'intact', size, root: tree.root() });
  };

  return { look };
}

interface Bad {
  readonly position: Position;
  readonly reason: 'missing' | 'altered';
}

async function firstBad({ store, tree }: Opened, from: Position, to: Position): Promise<Bad | undefined> {
  let block: StoredRecord[] = [];
  let next = from;
  for await (const page of store.records(from, to)) {
    for (const record of page) {
      if (record.position !== next) return { position: next, reason: 'missing' };
      next += 1;
      if (!equalBytes(leafDigest(record.sealed), record.leaf)) return { position: record.position, reason: 'altered' };
      block.push(record);
      if (next % BLOCK_LEAVES !== 0) continue;
      const leaves = block.map(({ leaf }) => leaf);
      const start = next - BLOCK_LEAVES;
      // a whole block was rewritten consistently: which of its records is no longer told apart
      if (!equalBytes(rootOfLeaves(leaves), tree.block(start / BLOCK_LEAVES)))
        return { position: start, reason: 'altered' };
      block = [];
    }
  }
  if (next < to) return { position: next, reason: 'missing' };
  const odd = block.find(({ position, leaf }) => isKept(tree, position) && !tree.isLeaf(position, leaf));
  return odd === undefined ? undefined : { position: odd.position, reason: 'altered' };
}

/** Leaves of a block that was completed meanwhile are no longer in memory: the next round sees its root. */
const isKept = (tree: Opened['tree'], position: Position): boolean =>
  Math.floor(position / BLOCK_LEAVES) === Math.floor(tree.size / BLOCK_LEAVES);
