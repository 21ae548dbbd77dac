import { Fault } from '#base/fault';
import { DIGEST_BYTES } from '#crypto/digest';
import { createMerkleFrontier } from '#crypto/merkle-frontier';
import { BLOCK_LEAVES } from '#crypto/merkle-log';
import type { Store } from './store.ts';

/** Height of the subtree that a stored block is the root of. */
export const BLOCK_HEIGHT = Math.log2(BLOCK_LEAVES);

/** A complete subtree by the leaf that it starts at, a multiple of 2^height. */
export interface SubtreePlace {
  readonly start: number;
  readonly height: number;
}

/** The fewest complete subtrees that the leaves [from, to) of any tree consist of, from the left. */
export function subtreesOf(from: number, to: number): readonly SubtreePlace[] {
  const places: SubtreePlace[] = [];
  for (let start = from; start < to; ) {
    let height = 0;
    while (start % 2 ** (height + 1) === 0 && start + 2 ** (height + 1) <= to) height += 1;
    places.push({ start, height });
    start += 2 ** height;
  }
  return places;
}

/** The root of a subtree, or the first block or record whose digest is missing or none. */
export type FoldedDigest =
  | { readonly kind: 'folded'; readonly digest: Uint8Array }
  | { readonly kind: 'damaged'; readonly what: 'block'; readonly index: number; readonly reason: string }
  | { readonly kind: 'damaged'; readonly what: 'record'; readonly position: number; readonly reason: string };

/** Roots of subtrees of what is stored, computed from blocks where they reach and from leaves elsewhere. */
export interface FoldedTree {
  /** Digests of the stored blocks by index. Another length than a digest's is somebody else's doing. */
  readonly blocks: ReadonlyMap<number, Uint8Array>;
  digest(place: SubtreePlace): Promise<FoldedDigest>;
  /** The roots of `subtreesOf(from, to)`. @throws Fault `history.tampered` */
  digests(from: number, to: number): Promise<readonly Uint8Array[]>;
}

export async function openFoldedTree(store: Store): Promise<FoldedTree> {
  const blocks = new Map((await store.blocks()).map(({ index, digest }) => [index, digest]));

  const foldBlocks = ({ start, height }: SubtreePlace): FoldedDigest => {
    const frontier = createMerkleFrontier();
    const first = start / BLOCK_LEAVES;
    for (let index = first; index < first + 2 ** (height - BLOCK_HEIGHT); index += 1) {
      const digest = blocks.get(index);
      if (digest?.length !== DIGEST_BYTES) return { kind: 'damaged', what: 'block', index, reason: reasonOf(digest) };
      frontier.appendSubtree({ height: BLOCK_HEIGHT, digest });
    }
    return { kind: 'folded', digest: frontier.root() };
  };

  const foldLeaves = async ({ start, height }: SubtreePlace): Promise<FoldedDigest> => {
    const frontier = createMerkleFrontier();
    for (const [offset, leaf] of (await store.leaves(start, start + 2 ** height)).entries()) {
      const position = start + offset;
      if (leaf?.length !== DIGEST_BYTES) return { kind: 'damaged', what: 'record', position, reason: reasonOf(leaf) };
      frontier.append(leaf);
    }
    return { kind: 'folded', digest: frontier.root() };
  };

  const digest = async (place: SubtreePlace): Promise<FoldedDigest> =>
    place.height >= BLOCK_HEIGHT ? foldBlocks(place) : await foldLeaves(place);

  const digests = async (from: number, to: number): Promise<readonly Uint8Array[]> => {
    const found: Uint8Array[] = [];
    for (const place of subtreesOf(from, to)) {
      const folded = await digest(place);
      if (folded.kind === 'folded') found.push(folded.digest);
      else throw tampered(folded);
    }
    return found;
  };

  return { blocks, digest, digests };
}

const reasonOf = (digest: Uint8Array | undefined): string =>
  digest === undefined ? 'it is missing' : 'its digest has another length than digests have';

const tampered = (damaged: FoldedDigest & { kind: 'damaged' }): Fault => {
  const where = damaged.what === 'block' ? `block \`${damaged.index}\`` : `record \`${damaged.position}\``;
  return new Fault('history.tampered', `history: ${where}: ${damaged.reason}; run \`npx wardtwin history verify\``);
};
