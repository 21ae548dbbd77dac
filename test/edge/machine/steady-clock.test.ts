import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSteadyClock } from '#edge/machine/steady-clock';

/** A wall clock and a monotonic one that are moved by hand. */
function bench() {
  let wall = 1_000_000_000;
  let monotonic = 0;
  const steps: number[] = [];
  const clock = createSteadyClock({
    wall: () => wall,
    monotonic: () => monotonic,
    onStep: (by) => void steps.push(by),
  });
  return {
    clock,
    steps,
    wall: () => wall,
    pass: (time: number) => {
      wall += time;
      monotonic += time;
    },
    set: (by: number) => {
      wall += by;
    },
  };
}

test('never_goes_back: whatever is done to the wall clock', () => {
  const happening = fc.oneof(
    fc.record({ pass: fc.integer({ min: 0, max: 100_000 }) }),
    fc.record({ set: fc.integer({ min: -1e8, max: 1e8 }) }),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 50 }), (happenings) => {
      const { clock, pass, set } = bench();
      let last = clock.now();
      for (const one of happenings) {
        if ('pass' in one) pass(one.pass);
        else set(one.set);
        const now = clock.now();
        assert.ok(Number.isInteger(now) && now >= last, `${last} then ${now}`);
        last = now;
      }
    }),
  );
});

test('never_stands_still: set back by an hour, time goes on at half its rate until it is caught up', () => {
  const { clock, pass, set, wall, steps } = bench();
  const before = clock.now();
  set(-3_600_000);
  pass(60_000);
  assert.equal(clock.now(), before + 30_000);
  for (let minute = 0; minute < 200; minute += 1) {
    pass(60_000);
    clock.now();
  }
  assert.ok(Math.abs(clock.now() - wall()) <= 1, 'caught up');
  assert.equal(steps.length, 1);
});

test('set forward, it follows at once and says so', () => {
  const { clock, pass, set, wall, steps } = bench();
  clock.now();
  set(3_600_000);
  pass(1_000);
  assert.equal(clock.now(), wall());
  assert.deepEqual(steps, [3_600_000]);
});
