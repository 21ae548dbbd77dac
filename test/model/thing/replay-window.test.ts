import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createReplayWindow, REPLAY_WINDOW } from '#model/thing/replay-window';

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

test('the oldest sequence in the window is judged, the one before it is too old', () => {
  const window = createReplayWindow();
  window.accept(5000);
  assert.equal(window.judge(5000 - REPLAY_WINDOW + 1), 'fresh');
  assert.equal(window.judge(5000 - REPLAY_WINDOW), 'too-old');
  assert.throws(() => window.accept(5000), { name: 'InvariantError' });
});
