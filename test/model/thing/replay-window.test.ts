import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createReplayWindow, REPLAY_BLOCKS, REPLAY_WINDOW } from '#model/thing/replay-window';

/** The definition, with no bitmap: remembers everything. */
function createReference() {
  const accepted = new Set<number>();
  let highest = -1;
  return {
    judge: (sequence: number) => {
      if (sequence <= highest - REPLAY_WINDOW) return 'too-old';
      return accepted.has(sequence) ? 'replayed' : 'fresh';
    },
    accept: (sequence: number) => {
      accepted.add(sequence);
      highest = Math.max(highest, sequence);
    },
  };
}

const sequences = fc.oneof(
  fc.array(fc.nat({ max: 100 }), { maxLength: 200 }),
  fc.array(fc.nat({ max: 3 * REPLAY_WINDOW }), { maxLength: 200 }),
  // steps of every size around the window, forwards and back
  fc.array(fc.integer({ min: -REPLAY_WINDOW - 40, max: 2 * REPLAY_WINDOW + 40 }), { maxLength: 100 }).map((steps) => {
    let current = 2 ** 33;
    return steps.map((step) => {
      current += step;
      return current;
    });
  }),
);

test('the window judges as one that remembers everything, so each sequence is accepted at most once in any order', () => {
  fc.assert(
    fc.property(sequences, fc.nat({ max: 100 }), (arrivals, restartAt) => {
      let window = createReplayWindow();
      const reference = createReference();
      for (const [index, sequence] of arrivals.entries()) {
        if (index === restartAt) window = createReplayWindow(window.snapshot());
        const judgement = window.judge(sequence);
        assert.equal(judgement, reference.judge(sequence), `sequence ${sequence}`);
        if (judgement !== 'fresh') continue;
        window.accept(sequence);
        reference.accept(sequence);
        assert.equal(window.judge(sequence), 'replayed');
      }
    }),
    { numRuns: 300 },
  );
});

test('no_fresh_one_is_refused: numbers that a window left long ago leave nothing behind in it', () => {
  // each number shares its place with those of two windows before and after it
  for (const step of [1, 31, 32, 33, REPLAY_WINDOW, 2 * REPLAY_WINDOW - 1, 2 * REPLAY_WINDOW, 5 * REPLAY_WINDOW]) {
    const window = createReplayWindow();
    const reference = createReference();
    for (let from = 0; from < 6 * REPLAY_WINDOW; from += step) {
      for (let sequence = Math.max(0, from - REPLAY_WINDOW); sequence <= from + 40; sequence += 1) {
        assert.equal(window.judge(sequence), reference.judge(sequence), `step ${step}: ${sequence} at ${from}`);
      }
      if (window.judge(from) !== 'fresh') continue;
      window.accept(from);
      reference.accept(from);
    }
  }
});

test('a window is plain data of a fixed size, empty before the first message', () => {
  const empty = { highest: -1, blocks: new Array<number>(REPLAY_BLOCKS).fill(0) };
  assert.deepEqual(createReplayWindow().snapshot(), empty);
  const window = createReplayWindow();
  window.accept(0);
  assert.deepEqual(window.snapshot(), { highest: 0, blocks: empty.blocks.with(0, 1) });
  window.accept(33);
  assert.deepEqual(window.snapshot(), { highest: 33, blocks: empty.blocks.with(0, 1).with(1, 2) });
  for (const blocks of [empty.blocks.slice(1), [...empty.blocks, 0]]) {
    assert.throws(() => createReplayWindow({ highest: 0, blocks }), /a replay window has 64 blocks/);
  }
});

test('the oldest sequence in the window is judged, the one before it is too old', () => {
  const window = createReplayWindow();
  window.accept(5000);
  assert.equal(window.judge(5000 - REPLAY_WINDOW + 1), 'fresh');
  assert.equal(window.judge(5000 - REPLAY_WINDOW), 'too-old');
  assert.throws(() => window.accept(5000), /sequence 5000 is accepted once/);
});
