import { assert } from '#base/assert';

/** Sequence numbers below the highest one that are still judged one by one. */
export const REPLAY_WINDOW = 1024;

const BLOCK_BITS = 32;
/** Twice the window, so that the blocks that leave it can be cleared whole (RFC 6479, 2). */
export const REPLAY_BLOCKS = (2 * REPLAY_WINDOW) / BLOCK_BITS;
const BLOCKS = REPLAY_BLOCKS;

/** As plain data, for keeping over a restart. `highest` is -1 before the first message. */
export interface ReplayState {
  readonly highest: number;
  readonly blocks: readonly number[];
}

/** Which sequence numbers were accepted: each at most once, in any order (RFC 4303, 3.4.3; RFC 6479). */
export interface ReplayWindow {
  /** Does not change the window: only what is authentic may move it. */
  judge(sequence: number): 'fresh' | 'replayed' | 'too-old';
  /** @throws InvariantError unless `judge(sequence)` is `fresh` */
  accept(sequence: number): void;
  snapshot(): ReplayState;
}

export function createReplayWindow(state?: ReplayState): ReplayWindow {
  const blocks = new Uint32Array(BLOCKS);
  let highest = -1;
  if (state !== undefined) {
    assert(state.blocks.length === BLOCKS, `a replay window has ${BLOCKS} blocks`);
    blocks.set(state.blocks);
    highest = state.highest;
  }

  const blockOf = (sequence: number): number => Math.floor(sequence / BLOCK_BITS);
  const bitOf = (sequence: number): number => 1 << (sequence % BLOCK_BITS);

  const judge = (sequence: number): 'fresh' | 'replayed' | 'too-old' => {
    if (sequence > highest) return 'fresh';
    if (highest - sequence >= REPLAY_WINDOW) return 'too-old';
    return ((blocks[blockOf(sequence) % BLOCKS] as number) & bitOf(sequence)) === 0 ? 'fresh' : 'replayed';
  };

  const accept = (sequence: number): void => {
    assert(judge(sequence) === 'fresh', `sequence ${sequence} is accepted once`);
    const block = blockOf(sequence);
    if (sequence > highest) {
      // before the first message the highest is -1, in the block of that number
      for (let entered = Math.max(blockOf(highest) + 1, block - BLOCKS + 1); entered <= block; entered += 1) {
        blocks[entered % BLOCKS] = 0;
      }
      highest = sequence;
    }
    blocks[block % BLOCKS] = (blocks[block % BLOCKS] as number) | bitOf(sequence);
  };

  return { judge, accept, snapshot: () => ({ highest, blocks: [...blocks] }) };
}
