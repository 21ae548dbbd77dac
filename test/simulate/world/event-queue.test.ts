import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createEventQueue } from '#simulate/world/event-queue';

test('events run in order of time, those of one instant in the order in which they were scheduled', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), (times) => {
      const queue = createEventQueue(100);
      const ran: { readonly at: number; readonly order: number }[] = [];
      for (const [order, time] of times.entries()) {
        queue.at(100 + time, () => {
          assert.equal(queue.now(), 100 + time);
          ran.push({ at: time, order });
        });
      }
      queue.runUntil(200);
      assert.deepEqual(
        ran,
        times.map((at, order) => ({ at, order })).toSorted((a, b) => a.at - b.at || a.order - b.order),
      );
    }),
  );
});

test('what an event schedules for its own instant runs in that instant, after what was there already', () => {
  const queue = createEventQueue(0);
  const ran: string[] = [];
  queue.at(5, () => {
    ran.push('first');
    queue.after(0, () => ran.push('third'));
  });
  queue.at(5, () => ran.push('second'));
  queue.at(6, () => ran.push('fourth'));
  queue.runUntil(6);
  assert.deepEqual(ran, ['first', 'second', 'third', 'fourth']);
});

test('runUntil runs up to and including its time, stands there, and leaves the rest', () => {
  const queue = createEventQueue(0);
  const ran: number[] = [];
  for (const time of [10, 11]) queue.at(time, () => ran.push(time));
  queue.runUntil(10);
  assert.deepEqual([ran, queue.now()], [[10], 10]);
  queue.runUntil(50);
  assert.deepEqual([ran, queue.now()], [[10, 11], 50]);
});

test('the past cannot be scheduled', () => {
  const queue = createEventQueue(0);
  queue.runUntil(10);
  assert.throws(() => queue.at(9, () => {}), /past/);
});
