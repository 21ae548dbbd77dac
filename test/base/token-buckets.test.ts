import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTokenBuckets } from '#base/token-buckets';

test('no_key_gets_more_than_its_burst_and_what_was_refilled, and never more keys than allowed are remembered', () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c'), pass: fc.integer({ min: -500, max: 2_000 }) }),
  );
  fc.assert(
    fc.property(steps, (attempts) => {
      let now = 1_000_000;
      const limit = createTokenBuckets({ clock: { now: () => now }, burst: 3, refill: 1_000, capacity: 3 });
      const taken = new Map<string, number>();
      let forward = 0;
      for (const { key, pass } of attempts) {
        now += pass;
        forward += Math.max(0, pass);
        const free = limit.wait(key) === 0;
        assert.equal(limit.take(key), free);
        if (free) taken.set(key, (taken.get(key) ?? 0) + 1);
        assert.ok((taken.get(key) ?? 0) <= 3 + forward / 1_000);
        assert.ok(limit.size <= 3);
      }
    }),
  );
});

test('the key that took nothing for longest is forgotten first', () => {
  const limit = createTokenBuckets({ clock: { now: () => 0 }, burst: 1, refill: 1_000, capacity: 2 });
  for (const key of ['a', 'b', 'c']) assert.ok(limit.take(key));
  assert.equal(limit.size, 2);
  assert.equal(limit.wait('a'), 0);
  assert.equal(limit.wait('c'), 1_000);
});

test('what is charged may be more than there is, and is not owed', () => {
  let now = 0;
  const limit = createTokenBuckets({ clock: { now: () => now }, burst: 10, refill: 1_000, capacity: 1 });
  limit.charge('a', 20);
  assert.equal(limit.wait('a'), 1_000);
  now = 1_000;
  assert.ok(limit.take('a'));
});
