import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  LONGEST_WAIT,
  lanesOf,
  nameTag,
  noteFailure,
  noteSuccess,
  THROTTLE_LIMIT,
  THROTTLE_MEMORY,
  type Throttle,
  waitOf,
} from '#assure/access/throttle';

const NOW = 1_760_000_000_000;
const ROOT = nameTag('root');
const stranger = lanesOf(ROOT, '203.0.113.9', false);

const failed = (lanes: readonly string[], times: number, throttle: Throttle = {}): Throttle =>
  Array.from({ length: times }).reduce<Throttle>((state) => noteFailure(state, lanes, NOW), throttle);

test('slow_not_locked: however many failures, nobody waits longer than five minutes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 }), (times) => {
      const wait = waitOf(failed(stranger, times), stranger, NOW);
      assert.ok(wait <= LONGEST_WAIT);
      assert.equal(waitOf(failed(stranger, times), stranger, NOW + LONGEST_WAIT), 0);
    }),
    { numRuns: 30 },
  );
});

test('the wait doubles after a few free failures', () => {
  const waits = [4, 5, 6, 7, 8].map((times) => waitOf(failed(stranger, times), stranger, NOW));
  assert.deepEqual(waits, [0, 1_000, 2_000, 4_000, 8_000]);
});

test('strangers do not slow the owner at a known address, nor others at their own address', () => {
  const attacked = failed(stranger, 25);
  assert.ok(waitOf(attacked, stranger, NOW) > 0);
  assert.equal(waitOf(attacked, lanesOf(ROOT, '192.0.2.1', true), NOW), 0);
  assert.equal(waitOf(attacked, lanesOf(nameTag('nurse'), '192.0.2.1', false), NOW), 0);
});

test('one address that guesses at many accounts is slowed too', () => {
  const spray = Array.from({ length: 60 }).reduce<Throttle>(
    (state, _, index) => noteFailure(state, lanesOf(nameTag(`user-${index}`), '203.0.113.9', false), NOW),
    {},
  );
  assert.ok(waitOf(spray, lanesOf(nameTag('another'), '203.0.113.9', false), NOW) > 0);
  const washed = noteSuccess(spray, lanesOf(nameTag('own'), '203.0.113.9', true));
  assert.deepEqual(washed, spray, 'an own account does not wash it away');
});

test('success opens the lane again, and a day forgets', () => {
  const attacked = failed(stranger, 10);
  assert.equal(waitOf(noteSuccess(attacked, stranger), stranger, NOW), 0);
  assert.equal(waitOf(attacked, stranger, NOW + THROTTLE_MEMORY), 0);
  assert.equal(noteFailure(attacked, stranger, NOW + THROTTLE_MEMORY)[stranger[0]!]!.count, 1);
});

test('a clock that was set back makes nobody wait', () => {
  assert.equal(waitOf(failed(stranger, 40), stranger, NOW - 60_000), 0);
});

test('the table is bounded, and forgets what failed longest ago', () => {
  const full = Array.from({ length: THROTTLE_LIMIT }, (_, lane) => [`name:${lane}`, { count: 1, lastAt: NOW + lane }]);
  let throttle: Throttle = Object.fromEntries(full);
  for (let index = 0; index < 5; index += 1)
    throttle = noteFailure(throttle, [`name:later-${index}`, `address:${index}`], NOW + THROTTLE_LIMIT + index);
  assert.equal(Object.keys(throttle).length, THROTTLE_LIMIT);
  assert.deepEqual([throttle['name:0'], throttle['name:9']], [undefined, undefined]);
  for (const kept of ['name:10', 'name:later-0', 'address:4']) assert.notEqual(throttle[kept], undefined, kept);
});
