import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '#base/bytes';
import { createMerkleFrontier } from '#crypto/merkle-frontier';
import { createMerkleLog, leafDigest } from '#crypto/merkle-log';

const leaf = (index: number): Uint8Array => leafDigest(utf8(`leaf ${index}`));

test('the frontier has the root of the whole tree, at every size', () => {
  const log = createMerkleLog();
  const frontier = createMerkleFrontier();
  for (let size = 0; size <= 300; size += 1) {
    assert.equal(frontier.size, size);
    assert.deepEqual(frontier.root(), log.root(), `size ${size}`);
    log.append(leaf(size));
    frontier.append(leaf(size));
  }
});

test('appending subtrees is appending their leaves, wherever a tree is taken up again', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), (first, second) => {
      const [from, to] = [Math.min(first, second), Math.max(first, second)];
      const whole = createMerkleFrontier();
      for (let index = 0; index < from; index += 1) whole.append(leaf(index));
      const again = createMerkleFrontier();
      for (const subtree of whole.subtrees()) again.appendSubtree(subtree);
      assert.equal(again.size, from);
      for (let index = from; index < to; index += 1) {
        whole.append(leaf(index));
        again.append(leaf(index));
      }
      assert.deepEqual(again.root(), whole.root());
      assert.deepEqual(again.subtrees(), whole.subtrees());
    }),
    { numRuns: 50 },
  );
});

test('a subtree that does not start where the tree ends is refused', () => {
  const frontier = createMerkleFrontier();
  frontier.append(leaf(0));
  assert.throws(() => frontier.appendSubtree({ height: 1, digest: leaf(1) }), /does not start/);
});
