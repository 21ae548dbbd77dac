import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHeldMessages, HELD_FOR } from '#edge/mqtt/held-messages';

const bytes = (value: number): Uint8Array => Uint8Array.of(value);

test('what waits is handed over once, in order, and not after it expired', () => {
  let now = 1_000;
  const held = createHeldMessages({ now: () => now });
  held.hold('pump', bytes(1));
  now += HELD_FOR;
  held.hold('pump', bytes(2));
  assert.deepEqual(held.take('pump'), [bytes(1), bytes(2)]);
  assert.deepEqual(held.take('pump'), []);

  held.hold('pump', bytes(3));
  now += HELD_FOR + 1;
  held.hold('pump', bytes(4));
  assert.deepEqual(held.take('pump'), [bytes(4)]);
});

test('bounded: the oldest of a thing gives way, and is told to', () => {
  const held = createHeldMessages({ now: () => 0 });
  const kept = Array.from({ length: 33 }, (_, index) => held.hold('pump', bytes(index)));
  assert.deepEqual([kept.slice(0, 32).every(Boolean), kept[32]], [true, false]);
  assert.deepEqual(
    held.take('pump').map(([value]) => value),
    Array.from({ length: 32 }, (_, index) => index + 1),
  );
});

test('bounded: no more things than devices could be connected', () => {
  const held = createHeldMessages({ now: () => 0 });
  for (let index = 0; index < 10_000; index += 1) held.hold(`thing-${index}`, bytes(1));
  assert.equal(held.hold('one-more', bytes(1)), false);
  assert.deepEqual(held.take('one-more'), []);
});

test('what is withdrawn is handed over to nobody, and the rest as before', () => {
  const held = createHeldMessages({ now: () => 0 });
  held.hold('pump', bytes(1));
  held.hold('handset', bytes(2));
  held.withdraw((thing) => thing === 'pump');
  assert.deepEqual([held.take('pump'), held.take('handset')], [[], [bytes(2)]]);
});
