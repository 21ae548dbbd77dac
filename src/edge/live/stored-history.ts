import { equalBytes } from '#base/bytes';
import { Fault } from '#base/fault';
import { BLOCK_LEAVES, createMerkleLog, type LoadedBlocks, leafDigest, type MerkleLog } from '#crypto/merkle-log';
import { type Checkpoint, type NoteVerifier, openNote, parseCheckpoint } from '#crypto/signed-note';
import { openRecord } from '#mirror/history/sealed-record';
import { missingAlgorithm } from '../store/check-note.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import type { Found } from './history-reader.ts';
import type { SubjectSecrets } from './subject-secrets.ts';

/**
 * The tree over what a store holds, from its blocks and the leaves after them. @throws Fault `history.tampered` when blocks or
 * leaves are missing
 */
export async function openTree(store: Store): Promise<MerkleLog> {
  const size = await store.size();
  const blocks = await store.blocks();
  const complete = Math.floor(size / BLOCK_LEAVES);
  if (blocks.length !== complete || blocks.some(({ index }, place) => index !== place)) {
    throw tampered(`\`${blocks.length}\` blocks for ${size} records`);
  }
  const tail = await leavesOf(store, complete * BLOCK_LEAVES, size);
  return createMerkleLog({ keeps: 'blocks', blocks: blocks.map(({ digest }) => digest), tail });
}

/** Whether the tree is the one of the last signed checkpoint. @throws Fault `history.tampered`, `note.*` */
export async function requireSigned(store: Store, tree: MerkleLog, verifiers: readonly NoteVerifier[]): Promise<void> {
  const [last] = await store.checkpoints(Number.MAX_SAFE_INTEGER);
  if (last === undefined) return;
  const checkpoint = signedCheckpoint(last.note, verifiers);
  if (checkpoint.size > tree.size) throw tampered(`\`${tree.size}\` records, \`${checkpoint.size}\` were signed`);
  await requireRoot(store, tree, checkpoint);
}

/**
 * Whether the store still holds what the newest checkpoint was signed over, as it was kept outside of the store: who may write the
 * store alone can take away its end, checkpoints included, and with it a revocation or the kill switch.
 * @throws Fault `history.rolled-back`, `history.tampered`, `note.*`
 */
export async function requireHead(
  store: Store,
  tree: MerkleLog,
  verifiers: readonly NoteVerifier[],
  head: string | undefined,
): Promise<void> {
  if (head === undefined) return;
  const checkpoint = signedCheckpoint(head, verifiers);
  if (checkpoint.size > tree.size) {
    throw new Fault(
      'history.rolled-back',
      `history: the store holds \`${tree.size}\` records, \`${checkpoint.size}\` were signed: its end was taken away, or an older copy stands in its place; put the newer one back, or, when going back is meant, use \`npx wardtwin restore\``,
      { size: tree.size, signed: checkpoint.size },
    );
  }
  await requireRoot(store, tree, checkpoint);
}

/** What a note states that a key of each algorithm signed: both have to be broken before a start takes a forged one. @throws Fault `note.*` */
function signedCheckpoint(note: string, verifiers: readonly NoteVerifier[]): Checkpoint {
  const { text, verifiedBy } = openNote(note, verifiers);
  const missing = missingAlgorithm(verifiers, new Set(verifiedBy));
  if (missing !== undefined) throw new Fault('note.unverified', `note: no ${missing} key of the log signed it`);
  return parseCheckpoint(text).checkpoint;
}

async function requireRoot(store: Store, tree: MerkleLog, { size, root }: Checkpoint): Promise<void> {
  const loaded = await loadBlocks(store, tree, size);
  if (!equalBytes(tree.root(size, loaded), root)) throw tampered('not what was signed');
}

/** The leaves that proofs at these boundaries need. */
export async function loadBlocks(
  store: Store,
  tree: MerkleLog,
  ...boundaries: readonly number[]
): Promise<LoadedBlocks> {
  const loaded = new Map<number, readonly Uint8Array[]>();
  for (const index of tree.blocksFor(...boundaries)) {
    loaded.set(index, await leavesOf(store, index * BLOCK_LEAVES, (index + 1) * BLOCK_LEAVES));
  }
  return loaded;
}

async function leavesOf(store: Store, from: number, to: number): Promise<readonly Uint8Array[]> {
  const leaves = await store.leaves(from, to);
  const missing = leaves.indexOf(undefined);
  if (missing >= 0) throw tampered(`no record \`${from + missing}\``);
  return leaves as readonly Uint8Array[];
}

/**
 * What a stored record says, to whoever has its key.
 * INVARIANT: nobody is forgotten without a record of it. Who takes a key out of the store would otherwise take a patient's
 * history away, or the kill switch, and nothing would look wrong.
 * @throws Fault `history.tampered`
 */
export function readStored(
  { position, subject, kind, at, sealed, leaf }: StoredRecord,
  keys: Pick<SubjectSecrets, 'find' | 'isForgotten'>,
): Found {
  if (!equalBytes(leafDigest(sealed), leaf)) throw tampered(`record \`${position}\` is altered`);
  const key = keys.find(subject);
  if (key === undefined) {
    if (!keys.isForgotten(subject))
      throw tampered(`the key of \`${subject}\` is gone, and no record says that it was forgotten`);
    return { kind: 'forgotten', position, recordKind: kind, subject, at };
  }
  const record = openRecord(sealed, key);
  if (record === undefined) throw tampered(`record \`${position}\` does not open`);
  return { kind: 'read', position, record };
}

export const tampered = (what: string): Fault =>
  new Fault('history.tampered', `history: ${what}; run \`npx wardtwin history verify\``);
