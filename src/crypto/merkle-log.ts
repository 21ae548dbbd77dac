import { assert } from '#base/assert';
import { equalBytes } from '#base/bytes';
import { DIGEST_BYTES, sha256 } from './digest.ts';

/**
 * The Merkle tree of an append-only log (RFC 9162, 2.1; the same tree as RFC 6962). It keeps the digest of every complete
 * subtree, 64 bytes per leaf in all; an append hashes two digests on average.
 */
export interface MerkleLog {
  readonly size: number;
  /** Adds a leaf by its digest, `leafDigest(bytes)`; returns its index. */
  append(leaf: Uint8Array): number;
  leaf(index: number): Uint8Array;
  /** Whether `digest` is that of leaf `index`. */
  isLeaf(index: number, digest: Uint8Array): boolean;
  /** The digest of the first `size` leaves, by default of all. */
  root(size?: number): Uint8Array;
  /** Shows that leaf `index` is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1). */
  proveInclusion(index: number, size?: number): readonly Uint8Array[];
  /** Shows that the tree of the first `size` leaves begins with that of the first `first` (RFC 9162, 2.1.4.1). */
  proveConsistency(first: number, size?: number): readonly Uint8Array[];
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

function nodeDigest(left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + DIGEST_BYTES);
  return sha256(nodeInput);
}

/** Digests of one level of the tree, side by side. */
interface Level {
  bytes: Uint8Array;
  count: number;
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

const digestAt = (level: Level, index: number): Uint8Array =>
  level.bytes.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES);

export function createMerkleLog(): MerkleLog {
  /** `levels[h]` holds the roots of the complete subtrees of 2^h leaves. */
  const levels: Level[] = [];
  let size = 0;

  const levelAt = (height: number): Level => {
    let level = levels[height];
    if (level === undefined) {
      level = { bytes: new Uint8Array(16 * DIGEST_BYTES), count: 0 };
      levels.push(level);
    }
    return level;
  };

  const append = (leaf: Uint8Array): number => {
    assert(leaf.length === DIGEST_BYTES, `a leaf is a digest of ${DIGEST_BYTES} bytes`);
    let digest = leaf;
    for (let height = 0, index = size; ; height += 1, index = Math.floor(index / 2)) {
      const level = levelAt(height);
      push(level, digest);
      if (index % 2 === 0) break;
      digest = nodeDigest(digestAt(level, index - 1), digest);
    }
    size += 1;
    return size - 1;
  };

  /** The root over the leaves [start, end), of which there is at least one. */
  const rangeRoot = (start: number, end: number): Uint8Array => {
    const width = end - start;
    const height = Math.log2(width);
    if (Number.isInteger(height) && start % width === 0) return digestAt(levels[height] as Level, start / width);
    const split = start + splitOf(width);
    return nodeDigest(rangeRoot(start, split), rangeRoot(split, end));
  };

  const requireSize = (wanted: number): void =>
    assert(Number.isSafeInteger(wanted) && wanted >= 0 && wanted <= size, `the tree has no size ${wanted}`);

  const root = (wanted = size): Uint8Array => {
    requireSize(wanted);
    return (wanted === 0 ? EMPTY_ROOT : rangeRoot(0, wanted)).slice();
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
    const { bytes } = levelAt(0);
    const offset = index * DIGEST_BYTES;
    for (let at = 0; at < DIGEST_BYTES; at += 1) if (bytes[offset + at] !== digest[at]) return false;
    return digest.length === DIGEST_BYTES;
  };

  const path = (index: number, start: number, end: number): Uint8Array[] => {
    if (end - start === 1) return [];
    const split = start + splitOf(end - start);
    return index < split
      ? [...path(index, start, split), rangeRoot(split, end).slice()]
      : [...path(index, split, end), rangeRoot(start, split).slice()];
  };

  const proveInclusion = (index: number, wanted = size): readonly Uint8Array[] => {
    requireSize(wanted);
    assert(index >= 0 && index < wanted, `leaf ${index} is not among the first ${wanted}`);
    return path(index, 0, wanted);
  };

  /** SUBPROOF of RFC 9162, 2.1.4.1, over the leaves [start, end). `known`: the verifier has the root of the left end. */
  const subproof = (first: number, start: number, end: number, known: boolean): Uint8Array[] => {
    if (first === end) return known ? [] : [rangeRoot(start, end).slice()];
    const split = start + splitOf(end - start);
    return first <= split
      ? [...subproof(first, start, split, known), rangeRoot(split, end).slice()]
      : [...subproof(first, split, end, false), rangeRoot(start, split).slice()];
  };

  const proveConsistency = (first: number, wanted = size): readonly Uint8Array[] => {
    requireSize(wanted);
    assert(first >= 0 && first <= wanted, `${wanted} leaves do not begin with ${first}`);
    return first === 0 || first === wanted ? [] : subproof(first, 0, wanted, true);
  };

  return {
    get size() {
      return size;
    },
    append,
    leaf,
    isLeaf,
    root,
    proveInclusion,
    proveConsistency,
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
