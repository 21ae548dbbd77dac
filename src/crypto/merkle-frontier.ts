import { assert } from '#base/assert';
import { DIGEST_BYTES } from './digest.ts';
import { EMPTY_ROOT, nodeDigest } from './merkle-log.ts';

/** The root of a complete subtree of 2^height leaves. */
export interface Subtree {
  readonly height: number;
  readonly digest: Uint8Array;
}

/**
 * The right edge of a Merkle tree (RFC 9162, 2.1): enough to go on appending and to know the root, in one digest per level. It
 * proves nothing about single leaves; `createMerkleLog` does.
 */
export interface MerkleFrontier {
  readonly size: number;
  append(leaf: Uint8Array): void;
  /** Appends 2^height leaves by the root over them. The size so far must be a multiple of 2^height. */
  appendSubtree(subtree: Subtree): void;
  root(): Uint8Array;
  /** The complete subtrees that the tree consists of, from the left: the largest first. */
  subtrees(): readonly Subtree[];
}

export function createMerkleFrontier(): MerkleFrontier {
  const edge: Subtree[] = [];
  let size = 0;

  const appendSubtree = ({ height, digest }: Subtree): void => {
    assert(digest.length === DIGEST_BYTES, `the root of a subtree has ${DIGEST_BYTES} bytes`);
    assert(size % 2 ** height === 0, `a subtree of height ${height} does not start at leaf ${size}`);
    let merged: Subtree = { height, digest };
    for (let left = edge.at(-1); left?.height === merged.height; left = edge.at(-1)) {
      merged = { height: merged.height + 1, digest: nodeDigest(left.digest, merged.digest) };
      edge.pop();
    }
    edge.push(merged);
    size += 2 ** height;
  };

  return {
    get size() {
      return size;
    },
    append: (leaf) => appendSubtree({ height: 0, digest: leaf }),
    appendSubtree,
    root: () => rootOf(edge),
    subtrees: () => edge.map(({ height, digest }) => ({ height, digest: digest.slice() })),
  };
}

function rootOf(edge: readonly Subtree[]): Uint8Array {
  let root: Uint8Array | undefined;
  for (const { digest } of edge.toReversed()) root = root === undefined ? digest : nodeDigest(digest, root);
  return (root ?? EMPTY_ROOT).slice();
}
