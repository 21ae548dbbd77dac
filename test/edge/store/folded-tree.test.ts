import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BLOCK_LEAVES, rootOfLeaves } from '#crypto/merkle-log';
import { BLOCK_HEIGHT, openFoldedTree, subtreesOf } from '#edge/store/folded-tree';
import { historyOf, records } from './entries.ts';
import { createMemoryStore } from './memory-store.ts';

const SIZE = 5 * BLOCK_LEAVES + 3;
const leaves = records(0, SIZE).map(({ leaf }) => leaf);

async function folded() {
  const memory = createMemoryStore();
  const store = memory.open();
  await store.commit(historyOf(SIZE, []));
  return { memory, tree: () => openFoldedTree(store) };
}

test('a range is covered by the fewest complete subtrees, from the left and without a gap', () => {
  for (let from = 0; from <= 33; from += 1) {
    for (let to = from; to <= 33; to += 1) {
      let next = from;
      const places = subtreesOf(from, to);
      for (const [index, { start, height }] of places.entries()) {
        assert.equal(start, next);
        assert.equal(start % 2 ** height, 0, 'each begins where a subtree of its height does');
        next += 2 ** height;
        const before = places[index - 1];
        const canMerge = before?.height === height && before.start % 2 ** (height + 1) === 0;
        assert.ok(!canMerge, `${from} to ${to}: two could be one`);
      }
      assert.equal(next, to);
    }
  }
  assert.deepEqual(subtreesOf(5, 5), []);
  assert.equal(2 ** BLOCK_HEIGHT, BLOCK_LEAVES);
});

test('a digest is the root over the leaves, from blocks where they reach and from leaves elsewhere', async () => {
  const tree = await (await folded()).tree();
  assert.equal(tree.blocks.size, 5);
  for (const [start, height] of [
    [0, 0],
    [SIZE - 1, 0],
    [128, 7],
    [0, 8],
    [512, 8],
    [512, 9],
    [0, 10],
  ] as const) {
    const expected = rootOfLeaves(leaves.slice(start, start + 2 ** height));
    assert.deepEqual(await tree.digest({ start, height }), { kind: 'folded', digest: expected }, `${start} ${height}`);
  }
  assert.deepEqual(
    await tree.digests(255, 515),
    [
      [255, 256],
      [256, 512],
      [512, 514],
      [514, 515],
    ].map(([from, to]) => rootOfLeaves(leaves.slice(from, to))),
  );
  assert.deepEqual(await tree.digests(7, 7), []);
});

test('where a block reaches no leaf is read', async () => {
  const { memory } = await folded();
  const store = { ...memory.open(), leaves: () => assert.fail('leaves are many') };
  const tree = await openFoldedTree(store);
  for (const [start, height] of [
    [256, 8],
    [0, 9],
  ] as const) {
    assert.equal((await tree.digest({ start, height })).kind, 'folded');
  }
});

test('a block or a leaf that is missing or of another length is named', async () => {
  const cases: readonly (readonly ['block' | 'record', number, Uint8Array | undefined, string])[] = [
    ['block', 1, undefined, 'it is missing'],
    ['block', 1, new Uint8Array(31), 'its digest has another length than digests have'],
    ['record', 1_283 - 1, undefined, 'it is missing'],
    ['record', 1_281, undefined, 'it is missing'],
    ['record', 1_283 - 1, new Uint8Array(33), 'its digest has another length than digests have'],
  ];
  for (const [what, id, digest, reason] of cases) {
    const { memory, tree } = await folded();
    if (what === 'block') {
      if (digest === undefined) memory.blocks.delete(id);
      else memory.blocks.set(id, { index: id, digest });
    } else if (digest === undefined) memory.records.delete(id);
    else memory.records.set(id, { ...memory.records.get(id)!, leaf: digest });
    const opened = await tree();
    const place = what === 'block' ? { start: 0, height: 9 } : { start: id, height: 0 };
    const where = what === 'block' ? { index: id } : { position: id };
    assert.deepEqual(await opened.digest(place), { kind: 'damaged', what, ...where, reason });
    await assert.rejects(opened.digests(0, SIZE), {
      code: 'history.tampered',
      message: `history: ${what} \`${id}\`: ${reason}; run \`npx wardtwin history verify\``,
    });
  }
});
