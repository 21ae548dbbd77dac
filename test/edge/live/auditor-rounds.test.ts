import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCK_LEAVES, createMerkleLog, leafDigest, rootOfLeaves } from '#crypto/merkle-log';
import { createAuditor } from '#edge/live/auditor';
import type { Opened } from '#edge/live/opened';
import type { Fleet } from '#platform/fleet/fleet';
import { historyOf, storedRecord } from '../store/entries.ts';
import { createMemoryStore, type MemoryStore } from '../store/memory-store.ts';

/** Records of one look: eight blocks. */
const LOOK = 8 * BLOCK_LEAVES;

/** A store that holds what was recorded, the tree in memory that says what that was, and what the audit tells. */
async function auditedStore(size: number) {
  const memory = createMemoryStore();
  const store = memory.open();
  await store.commit(historyOf(size, []));
  const tree = createMerkleLog({ keeps: 'blocks' });
  for (const { leaf } of memory.records.values()) tree.append(leaf);
  const told: unknown[] = [];
  const fleet = {
    audited: (result: { readonly kind: string; readonly reason?: string; readonly firstBad?: number }) => {
      if (result.kind !== 'intact') assert.equal(result.kind, 'tampered');
      told.push(result.kind === 'intact' ? 'intact' : `${result.reason} ${result.firstBad}`);
      return [];
    },
  };
  let isAway = false;
  const { look } = createAuditor(
    () => ({ store, tree }) as Opened,
    async (change) => {
      if (isAway) throw new Error('the store is away');
      return change(fleet as unknown as Fleet);
    },
  );
  /** What is told by so many looks. */
  const looks = async (count = 1): Promise<readonly unknown[]> => {
    for (let index = 0; index < count; index += 1) await look();
    return told.splice(0);
  };
  const setAway = (value: boolean): void => {
    isAway = value;
  };
  return { memory, store, tree, looks, setAway };
}

/** An insider's change of a record: of its bytes alone, or of its leaf too. */
function alter(memory: MemoryStore, position: number, withLeaf = false): () => void {
  const genuine = memory.records.get(position)!;
  const { sealed } = storedRecord(position, 'rewritten');
  memory.records.set(position, { ...genuine, sealed, ...(withLeaf ? { leaf: leafDigest(sealed) } : {}) });
  return () => void memory.records.set(position, genuine);
}

test('an empty store is intact, and one that fits into a look is told once a look', async () => {
  assert.deepEqual(await (await auditedStore(0)).looks(1), ['intact']);
  const { looks } = await auditedStore(10);
  assert.deepEqual(await looks(3), ['intact', 'intact', 'intact']);
});

test('a long history is gone through part by part, and is told intact when the round is over', async () => {
  const { looks } = await auditedStore(2 * LOOK + 1);
  assert.deepEqual(await looks(2), []);
  assert.deepEqual(await looks(1), ['intact']);
  assert.deepEqual(await looks(3), ['intact']);
  const even = await auditedStore(2 * LOOK);
  assert.deepEqual(await even.looks(1), []);
  assert.deepEqual(await even.looks(1), ['intact'], 'two parts, not three');
});

test('every_record_is_looked_at: whichever is changed, it is named', async () => {
  const size = LOOK + BLOCK_LEAVES + 7;
  const { memory, looks } = await auditedStore(size);
  for (const position of [0, 1, BLOCK_LEAVES - 1, BLOCK_LEAVES, LOOK - 1, LOOK, size - 8, size - 7, size - 1]) {
    const repair = alter(memory, position);
    assert.deepEqual(await looks(2), [`altered ${position}`], String(position));
    repair();
    assert.deepEqual(await looks(2), ['intact'], `${position} is as it was`);
  }
});

test('a record that is gone is named as missing, the last one too', async () => {
  const size = LOOK + 5;
  const { memory, looks } = await auditedStore(size);
  for (const position of [0, 100, LOOK - 1, LOOK, size - 2]) {
    const genuine = memory.records.get(position)!;
    memory.records.delete(position);
    assert.deepEqual(await looks(2), [`missing ${position}`], String(position));
    memory.records.set(position, genuine);
    await looks(2);
  }
});

test('rewritten_consistently_is_found: a record with its leaf, and with its whole block, is held against the tree in memory', async () => {
  const { memory, looks } = await auditedStore(2 * BLOCK_LEAVES + 9);
  for (const [position, first] of [
    [3, 0],
    [BLOCK_LEAVES - 1, 0],
    [BLOCK_LEAVES, BLOCK_LEAVES],
    // of the last block the leaves are known one by one
    [2 * BLOCK_LEAVES, 2 * BLOCK_LEAVES],
    [2 * BLOCK_LEAVES + 4, 2 * BLOCK_LEAVES + 4],
    [2 * BLOCK_LEAVES + 8, 2 * BLOCK_LEAVES + 8],
  ] as const) {
    const repair = alter(memory, position, true);
    // the block that the store holds is made to fit: nobody asks it
    const index = Math.floor(position / BLOCK_LEAVES);
    const block = memory.blocks.get(index);
    const leaves = Array.from({ length: BLOCK_LEAVES }, (_, at) => memory.records.get(index * BLOCK_LEAVES + at)?.leaf);
    if (block !== undefined) memory.blocks.set(index, { index, digest: rootOfLeaves(leaves as Uint8Array[]) });
    assert.deepEqual(await looks(1), [`altered ${first}`], String(position));
    repair();
    if (block !== undefined) memory.blocks.set(index, block);
    await looks(1);
  }
});

test('each place is told once, however many there are, until a round has found nothing', async () => {
  const { memory, looks } = await auditedStore(3 * LOOK);
  const repairs = [10, LOOK + 10, 2 * LOOK + 10].map((position) => alter(memory, position));
  assert.deepEqual(await looks(3), ['altered 10', `altered ${LOOK + 10}`, `altered ${2 * LOOK + 10}`]);
  assert.deepEqual(await looks(6), [], 'and not again');
  repairs[0]!();
  assert.deepEqual(await looks(3), [], 'a round that finds something is not intact, wherever it is');
  repairs[2]!();
  assert.deepEqual(await looks(3), []);
  repairs[1]!();
  assert.deepEqual(await looks(3), ['intact']);
  alter(memory, 10);
  assert.deepEqual(await looks(3), ['altered 10'], 'done again it is told again');
});

test('the second place of one part is told when the first is put right', async () => {
  const { memory, looks } = await auditedStore(20);
  const repair = alter(memory, 4);
  alter(memory, 9);
  assert.deepEqual(await looks(2), ['altered 4']);
  repair();
  assert.deepEqual(await looks(2), ['altered 9']);
});

test('what could not be put on record is told again', async () => {
  const { memory, looks, setAway } = await auditedStore(20);
  alter(memory, 4);
  setAway(true);
  await assert.rejects(looks(1), /the store is away/);
  setAway(false);
  assert.deepEqual(await looks(2), ['altered 4']);
});

test('what is appended while an audit reads is left to the next round', async () => {
  const { store, tree, looks } = await auditedStore(BLOCK_LEAVES - 2);
  // recorded and not yet durable
  for (let position = BLOCK_LEAVES - 2; position < BLOCK_LEAVES + 3; position += 1)
    tree.append(storedRecord(position).leaf);
  assert.deepEqual(
    await looks(1),
    ['intact'],
    'leaves of a block that was completed meanwhile are not held against it',
  );
  const { records, blocks } = historyOf(BLOCK_LEAVES + 3, []);
  await store.commit({ ...historyOf(0, []), records: records.slice(BLOCK_LEAVES - 2), blocks });
  assert.deepEqual(await looks(1), ['intact']);
});
