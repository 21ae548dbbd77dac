import { assert } from '#base/assert';
import { equalBytes } from '#base/bytes';
import { DIGEST_BYTES, sha256 } from './digest.ts';

/** Leaves of one block: the complete subtree whose root is kept when its leaves are not (`createMerkleLog` with `keeps: 'blocks'`). */
export const BLOCK_LEAVES = 256;
const BLOCK_HEIGHT = 8;

/** Leaves of complete blocks that are needed again, by the index of the block: `BLOCK_LEAVES` digests each. */
export type LoadedBlocks = ReadonlyMap<number, readonly Uint8Array[]>;

/**
 * The Merkle tree of an append-only log (RFC 9162, 2.1; the same tree as RFC 6962). An append hashes two digests on average.
 * One that keeps everything takes 64 bytes per leaf; one that keeps blocks takes a quarter of a byte, and needs for an older
 * part of the tree the leaves of the blocks that `blocksFor` names.
 */
export interface MerkleLog {
  readonly size: number;
  /** Adds a leaf by its digest, `leafDigest(bytes)`; returns its index. */
  append(leaf: Uint8Array): number;
  leaf(index: number): Uint8Array;
  /** Whether `digest` is that of leaf `index`. */
  isLeaf(index: number, digest: Uint8Array): boolean;
  /** The root of a complete block. */
  block(index: number): Uint8Array;
  /** The digest of the first `size` leaves, by default of all. */
  root(size?: number, loaded?: LoadedBlocks): Uint8Array;
  /** Shows that leaf `index` is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1). */
  proveInclusion(index: number, size?: number, loaded?: LoadedBlocks): readonly Uint8Array[];
  /** Shows that the tree of the first `size` leaves begins with that of the first `first` (RFC 9162, 2.1.4.1). */
  proveConsistency(first: number, size?: number, loaded?: LoadedBlocks): readonly Uint8Array[];
  /** The blocks whose leaves are not kept and that lie at these boundaries: indices of leaves, sizes of trees. */
  blocksFor(...boundaries: readonly number[]): readonly number[];
}

export interface MerkleLogOptions {
  /** Default `all`. */
  readonly keeps?: 'all' | 'blocks';
  /** With `blocks`: the roots of the complete blocks so far, and the leaves after them, fewer than `BLOCK_LEAVES`. */
  readonly blocks?: Iterable<Uint8Array>;
  readonly tail?: Iterable<Uint8Array>;
}

/** The root of a tree without leaves. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

// One buffer each for leaves and inner nodes: nothing else runs while it is filled and digested.
const leafInput = new Uint8Array(4096);

/** The prefixes 0 and 1 keep a leaf from ever being taken for an inner node. */
export function leafDigest(bytes: Uint8Array): Uint8Array {
  const input =
    bytes.length < leafInput.length ? leafInput.subarray(0, bytes.length + 1) : new Uint8Array(bytes.length + 1);
  input.set(bytes, 1);
  return sha256(input);
}

const nodeInput = new Uint8Array(1 + 2 * DIGEST_BYTES);
nodeInput[0] = 1;

export function nodeDigest(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + DIGEST_BYTES);
  return sha256(nodeInput);
}

/** Digests of one level of the tree, side by side; those before `first` are no longer kept. */
interface Level {
  bytes: Uint8Array;
  count: number;
  first: number;
}

function push(level: Level, digest: Uint8Array): void {
  const offset = level.count * DIGEST_BYTES;
  if (offset === level.bytes.length) {
    const larger = new Uint8Array(2 * level.bytes.length);
    larger.set(level.bytes);
    level.bytes = larger;
  }
  level.bytes.set(digest, offset);
  level.count += 1;
}

const isKept = (level: Level, index: number): boolean => index >= level.first;

function digestAt(level: Level, index: number): Uint8Array {
  assert(isKept(level, index), 'the leaves of this block were loaded');
  const place = index - level.first;
  return level.bytes.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES);
}

/** The root over some leaves, of which there is at least one. */
export function rootOfLeaves(leaves: readonly Uint8Array[], start = 0, end = leaves.length): Uint8Array {
  if (end - start === 1) return leaves[start] as Uint8Array;
  const split = start + splitOf(end - start);
  return nodeDigest(rootOfLeaves(leaves, start, split), rootOfLeaves(leaves, split, end));
}

export function createMerkleLog({ keeps = 'all', blocks = [], tail = [] }: MerkleLogOptions = {}): MerkleLog {
  /** `levels[h]` holds the roots of the complete subtrees of 2^h leaves. */
  const levels: Level[] = [];
  let size = 0;

  const levelAt = (height: number): Level => {
    while (levels.length <= height) levels.push({ bytes: new Uint8Array(16 * DIGEST_BYTES), count: 0, first: 0 });
    return levels[height] as Level;
  };

  /** Adds the digest of a complete subtree of 2^height leaves, and of all that it completes. */
  const add = (subtree: Uint8Array, from: number): void => {
    let digest = subtree;
    const start = from === 0 ? size : size / 2 ** from;
    for (let height = from, index = start; ; height += 1, index = Math.floor(index / 2)) {
      const level = levelAt(height);
      push(level, digest);
      if (index % 2 === 0) break;
      digest = nodeDigest(digestAt(level, index - 1), digest);
    }
    size += 2 ** from;
    if (keeps === 'blocks' && size % BLOCK_LEAVES === 0) forgetBlocks();
  };

  const forgetBlocks = (): void => {
    for (let height = 0; height < BLOCK_HEIGHT; height += 1) {
      const level = levelAt(height);
      level.first = size / 2 ** height;
      level.count = 0;
    }
  };

  const append = (leaf: Uint8Array): number => {
    assert(leaf.length === DIGEST_BYTES, `a leaf is a digest of ${DIGEST_BYTES} bytes`);
    add(leaf, 0);
    return size - 1;
  };

  const NONE: LoadedBlocks = new Map();

  /** The root over the leaves [start, end), of which there is at least one. */
  const rangeRoot = (start: number, end: number, loaded: LoadedBlocks): Uint8Array => {
    const width = end - start;
    const height = Math.log2(width);
    if (Number.isInteger(height) && start % width === 0) {
      const level = levels[height] as Level;
      if (isKept(level, start / width)) return digestAt(level, start / width);
      return rootOfLeaves(leavesOf(loaded, start), start % BLOCK_LEAVES, (start % BLOCK_LEAVES) + width);
    }
    const split = start + splitOf(width);
    return nodeDigest(rangeRoot(start, split, loaded), rangeRoot(split, end, loaded));
  };

  const leavesOf = (loaded: LoadedBlocks, at: number): readonly Uint8Array[] => {
    const leaves = loaded.get(Math.floor(at / BLOCK_LEAVES));
    assert(leaves?.length === BLOCK_LEAVES, `the leaves of block ${Math.floor(at / BLOCK_LEAVES)} were loaded`);
    return leaves as readonly Uint8Array[];
  };

  const requireSize = (wanted: number): void =>
    assert(Number.isSafeInteger(wanted) && wanted >= 0 && wanted <= size, `the tree has no size ${wanted}`);

  const root = (wanted = size, loaded = NONE): Uint8Array => {
    requireSize(wanted);
    return (wanted === 0 ? EMPTY_ROOT : rangeRoot(0, wanted, loaded)).slice();
  };

  const requireLeaf = (index: number): void =>
    assert(Number.isSafeInteger(index) && index >= 0 && index < size, `the tree has no leaf ${index}`);

  const leaf = (index: number): Uint8Array => {
    requireLeaf(index);
    return digestAt(levelAt(0), index).slice();
  };

  // compared where it stands: an audit asks this of every record
  const isLeaf = (index: number, digest: Uint8Array): boolean => {
    requireLeaf(index);
    const level = levelAt(0);
    assert(isKept(level, index), `leaf ${index} is kept`);
    const { bytes } = level;
    const offset = (index - level.first) * DIGEST_BYTES;
    for (let at = 0; at < DIGEST_BYTES; at += 1) if (bytes[offset + at] !== digest[at]) return false;
    return digest.length === DIGEST_BYTES;
  };

  const path = (index: number, start: number, end: number, loaded: LoadedBlocks): Uint8Array[] => {
    if (end - start === 1) return [];
    const split = start + splitOf(end - start);
    return index < split
      ? [...path(index, start, split, loaded), rangeRoot(split, end, loaded).slice()]
      : [...path(index, split, end, loaded), rangeRoot(start, split, loaded).slice()];
  };

  const proveInclusion = (index: number, wanted = size, loaded = NONE): readonly Uint8Array[] => {
    requireSize(wanted);
    assert(index >= 0 && index < wanted, `leaf ${index} is not among the first ${wanted}`);
    return path(index, 0, wanted, loaded);
  };

  /** SUBPROOF of RFC 9162, 2.1.4.1, over the leaves [start, end). `known`: the verifier has the root of the left end. */
  const subproof = (first: number, start: number, end: number, known: boolean, loaded: LoadedBlocks): Uint8Array[] => {
    if (first === end) return known ? [] : [rangeRoot(start, end, loaded).slice()];
    const split = start + splitOf(end - start);
    return first <= split
      ? [...subproof(first, start, split, known, loaded), rangeRoot(split, end, loaded).slice()]
      : [...subproof(first, split, end, false, loaded), rangeRoot(start, split, loaded).slice()];
  };

  const proveConsistency = (first: number, wanted = size, loaded = NONE): readonly Uint8Array[] => {
    requireSize(wanted);
    assert(first >= 0 && first <= wanted, `${wanted} leaves do not begin with ${first}`);
    return first === 0 || first === wanted ? [] : subproof(first, 0, wanted, true, loaded);
  };

  const block = (index: number): Uint8Array => {
    assert(index >= 0 && (index + 1) * BLOCK_LEAVES <= size, `the tree has no complete block ${index}`);
    return digestAt(levelAt(BLOCK_HEIGHT), index).slice();
  };

  const blocksFor = (...boundaries: readonly number[]): readonly number[] => {
    const { first } = levelAt(0);
    const indices = boundaries.filter((at) => at < first).map((at) => Math.floor(at / BLOCK_LEAVES));
    return [...new Set(indices)].sort((left, right) => left - right);
  };

  for (const digest of blocks) add(digest, BLOCK_HEIGHT);
  for (const digest of tail) append(digest);

  return {
    get size() {
      return size;
    },
    append,
    leaf,
    isLeaf,
    block,
    root,
    proveInclusion,
    proveConsistency,
    blocksFor,
  };
}

/** The largest power of two below `width`, which is at least 2. */
function splitOf(width: number): number {
  let split = 1;
  while (2 * split < width) split *= 2;
  return split;
}

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

/** Whether `proof` shows that `leaf` is leaf `index` of the tree with `size` leaves and `root` (RFC 9162, 2.1.3.2). */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  let position = index;
  let last = size - 1;
  let digest = leaf;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== DIGEST_BYTES) return false;
    if (isOdd(position) || position === last) {
      digest = nodeDigest(sibling, digest);
      while (!isOdd(position) && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      digest = nodeDigest(digest, sibling);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && equalBytes(digest, root);
}

/** Whether `proof` shows that the tree of `secondSize` and `secondRoot` begins with the first one (RFC 9162, 2.1.4.2). */
export function verifyConsistency(
  firstSize: number,
  firstRoot: Uint8Array,
  secondSize: number,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(firstSize) || firstSize < 0 || firstSize > secondSize) return false;
  if (firstSize === secondSize) return proof.length === 0 && equalBytes(firstRoot, secondRoot);
  // every tree begins with the empty one
  if (firstSize === 0) return proof.length === 0 && equalBytes(firstRoot, EMPTY_ROOT);
  const digests = Number.isInteger(Math.log2(firstSize)) ? [firstRoot, ...proof] : [...proof];
  const seed = digests.shift();
  if (seed === undefined || proof.some((digest) => digest.length !== DIGEST_BYTES)) return false;
  let position = firstSize - 1;
  let last = secondSize - 1;
  while (isOdd(position)) {
    position = half(position);
    last = half(last);
  }
  let first = seed;
  let second = seed;
  for (const digest of digests) {
    if (last === 0) return false;
    if (isOdd(position) || position === last) {
      first = nodeDigest(digest, first);
      second = nodeDigest(digest, second);
      while (!isOdd(position) && position !== 0) {
        position = half(position);
        last = half(last);
      }
    } else {
      second = nodeDigest(second, digest);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 && equalBytes(first, firstRoot) && equalBytes(second, secondRoot);
}
