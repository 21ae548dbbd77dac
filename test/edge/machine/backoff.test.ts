import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackoff } from '#edge/machine/backoff';

test('each failure waits twice as long as the one before, up to the longest, and a success begins anew', () => {
  const backoff = createBackoff({ first: 500, longest: 3_000 });
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => backoff.next()),
    [500, 1_000, 2_000, 3_000, 3_000],
  );
  backoff.reset();
  assert.equal(backoff.next(), 500);
});

test('a spread wait is at least half as long, and never longer', () => {
  const backoff = createBackoff({ first: 1_000, longest: 1_000, isSpread: true });
  const waits = Array.from({ length: 200 }, () => backoff.next());
  assert.ok(waits.every((wait) => wait >= 500 && wait <= 1_000));
  assert.ok(new Set(waits).size > 1);
});
