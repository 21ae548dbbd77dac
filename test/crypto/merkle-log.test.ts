import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, fromHex, toHex, utf8 } from '#base/bytes';
import { sha256 } from '#crypto/digest';
import {
  BLOCK_LEAVES,
  createMerkleLog,
  EMPTY_ROOT,
  leafDigest,
  type MerkleLog,
  verifyConsistency,
  verifyInclusion,
} from '#crypto/merkle-log';

// The test tree of the Certificate Transparency reference implementation (merkletree/merkle_tree_test.cc), also in
// transparency-dev/merkle: leaves, roots of 1 to 8 leaves, audit paths
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const PATHS: readonly (readonly [number, number, readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

const logOf = (leaves: readonly Uint8Array[]): MerkleLog => {
  const log = createMerkleLog();
  for (const leaf of leaves) log.append(leafDigest(leaf));
  return log;
};

const numbered = (count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, (_, index) => utf8(`leaf ${index}`));

/** MTH of RFC 9162, 2.1.1, word by word. */
function reference(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return sha256(concat(Uint8Array.of(0), leaves[0]!));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(concat(Uint8Array.of(1), reference(leaves.slice(0, split)), reference(leaves.slice(split))));
}

test('the roots of the reference tree, at every size of the one log', () => {
  const log = logOf(LEAVES.map(fromHex));
  assert.deepEqual(
    ROOTS.map((_, size) => toHex(log.root(size))),
    ROOTS,
  );
});

test('the audit paths of the reference tree', () => {
  const log = logOf(LEAVES.map(fromHex));
  for (const [index, size, path] of PATHS) {
    const proof = log.proveInclusion(index, size);
    assert.deepEqual(proof.map(toHex), path);
    assert.ok(verifyInclusion(leafDigest(fromHex(LEAVES[index]!)), index, size, proof, fromHex(ROOTS[size]!)));
  }
});

test('the root is that of the definition, at every size', () => {
  const leaves = numbered(70);
  const log = logOf(leaves);
  for (let size = 0; size <= leaves.length; size += 1) {
    assert.deepEqual(log.root(size), reference(leaves.slice(0, size)), `size ${size}`);
  }
});

test('inclusion verifies for every leaf of every size, and for no other leaf, index or size', () => {
  const log = logOf(numbered(33));
  for (let size = 1; size <= log.size; size += 1) {
    const root = log.root(size);
    for (let index = 0; index < size; index += 1) {
      const proof = log.proveInclusion(index, size);
      assert.ok(verifyInclusion(log.leaf(index), index, size, proof, root));
      const other = (index + 1) % size;
      assert.ok(log.isLeaf(index, log.leaf(index)));
      assert.ok(!log.isLeaf(index, log.leaf(index).subarray(1)));
      assert.equal(log.isLeaf(index, log.leaf(other)), index === other);
      if (size > 1) assert.ok(!verifyInclusion(log.leaf(index), other, size, proof, root));
      if (size > 1) assert.ok(!verifyInclusion(log.leaf(other), index, size, proof, root));
      assert.ok(!verifyInclusion(log.leaf(index), index, size, [...proof, root], root));
      assert.ok(!verifyInclusion(log.leaf(index), index, index, proof, root));
    }
  }
});

test('consistency verifies between any two sizes', () => {
  const log = logOf(numbered(33));
  for (let second = 0; second <= log.size; second += 1) {
    for (let first = 0; first <= second; first += 1) {
      const proof = log.proveConsistency(first, second);
      assert.ok(verifyConsistency(first, log.root(first), second, log.root(second), proof), `${first} to ${second}`);
    }
  }
});

test('consistency fails for a log that was forked before the first size', () => {
  const size = fc.integer({ min: 1, max: 60 });
  fc.assert(
    fc.property(size, size, fc.nat(), (a, b, where) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      const honest = logOf(numbered(second));
      const forked = logOf(numbered(second).map((leaf, index) => (index === where % first ? utf8('other') : leaf)));
      const proof = forked.proveConsistency(first, second);
      assert.ok(!verifyConsistency(first, honest.root(first), second, forked.root(second), proof));
      const ours = honest.proveConsistency(first, second);
      assert.ok(!verifyConsistency(first, honest.root(first), second, forked.root(second), ours));
    }),
    { numRuns: 150 },
  );
});

test('a proof with one changed, missing or added digest fails', () => {
  const size = fc.integer({ min: 2, max: 60 });
  fc.assert(
    fc.property(size, size, fc.nat(), fc.integer({ min: 0, max: 255 }), (a, b, where, bit) => {
      const [first, second] = [Math.min(a, b), Math.max(a, b)];
      const log = logOf(numbered(second));
      const proof = log.proveConsistency(first, second);
      const holds = (changed: readonly Uint8Array[]): boolean =>
        verifyConsistency(first, log.root(first), second, log.root(second), changed);
      assert.ok(!holds([...proof, EMPTY_ROOT]));
      if (proof.length === 0) return;
      assert.ok(!holds(proof.slice(1)));
      const index = where % proof.length;
      const digest = proof[index]!.slice();
      digest[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(!holds(proof.with(index, digest)));
    }),
    { numRuns: 150 },
  );
});

test('every log begins with the empty one, and no other root is the empty one', () => {
  const log = logOf(numbered(3));
  assert.ok(verifyConsistency(0, EMPTY_ROOT, 3, log.root(), []));
  assert.ok(!verifyConsistency(0, log.root(1), 3, log.root(), []));
  assert.ok(!verifyConsistency(4, log.root(), 3, log.root(), []));
});

test('a tree that keeps blocks has the roots and proofs of one that keeps everything, at every size', () => {
  const leaves = Array.from({ length: 1300 }, (_, index) => leafDigest(utf8(`record ${index}`)));
  const whole = createMerkleLog();
  for (const leaf of leaves) whole.append(leaf);
  const complete = Math.floor(700 / BLOCK_LEAVES);
  const reopened = createMerkleLog({
    keeps: 'blocks',
    blocks: Array.from({ length: complete }, (_, index) => whole.block(index)),
    tail: leaves.slice(complete * BLOCK_LEAVES, 700),
  });
  for (const leaf of leaves.slice(700)) reopened.append(leaf);
  const load = (...boundaries: readonly number[]) =>
    new Map(
      reopened
        .blocksFor(...boundaries)
        .map((index) => [index, leaves.slice(index * BLOCK_LEAVES, (index + 1) * BLOCK_LEAVES)]),
    );
  assert.deepEqual(reopened.root(), whole.root());
  for (let index = 0; index < 5; index += 1) assert.deepEqual(reopened.block(index), whole.block(index));
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1300 }), fc.nat(), fc.nat(), (size, at, from) => {
      const index = at % size;
      const first = from % (size + 1);
      const loaded = load(index, first, size);
      assert.deepEqual(reopened.root(size, loaded), whole.root(size));
      assert.deepEqual(reopened.proveInclusion(index, size, loaded), whole.proveInclusion(index, size));
      assert.deepEqual(reopened.proveConsistency(first, size, loaded), whole.proveConsistency(first, size));
    }),
  );
});
