import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { createInfluences } from '#simulate/world/cause';
import { createEventQueue } from '#simulate/world/event-queue';
import type { Direction } from '#simulate/world/fault-points';
import { createNetwork } from '#simulate/world/network';

const bytes = (number: number): Uint8Array => new Uint8Array([number]);

function createBench() {
  const queue = createEventQueue(0);
  const influences = createInfluences();
  const network = createNetwork({ latency: 300, jitter: 700 }, queue, createRandom('network'), influences);
  const arrived: { readonly direction: Direction; readonly number: number; readonly at: number }[] = [];
  network.onPlatform((got) => arrived.push({ direction: 'to-platform', number: got[0]!, at: queue.now() }));
  network.onGateway((got) => arrived.push({ direction: 'to-gateway', number: got[0]!, at: queue.now() }));
  return { queue, influences, network, arrived, numbers: () => arrived.map(({ number }) => number) };
}

test('each direction reaches its own end, within latency and jitter', () => {
  const { queue, network, arrived } = createBench();
  network.toPlatform(bytes(1));
  network.toGateway(bytes(2));
  queue.runUntil(10_000);
  for (const { direction, number, at } of arrived) {
    assert.equal(direction, number === 1 ? 'to-platform' : 'to-gateway');
    assert.ok(at >= 300 && at <= 1_000);
  }
  assert.equal(arrived.length, 2);
});

test('nothing is lost and nothing overtakes, however close together', () => {
  const { queue, network, numbers } = createBench();
  for (let number = 0; number < 100; number += 1) queue.at(number * 10, () => network.toPlatform(bytes(number)));
  queue.runUntil(60_000);
  assert.deepEqual(
    numbers(),
    Array.from({ length: 100 }, (_, number) => number),
  );
});

test('who is on the path may drop, replace and delay, per direction, and each of it is an influence on the view', () => {
  const { queue, network, influences, arrived, numbers } = createBench();
  const seen: Direction[] = [];
  network.point.intercept((got, direction) => {
    seen.push(direction);
    if (direction === 'to-gateway') return { kind: 'pass' };
    if (got[0] === 1) return { kind: 'drop' };
    if (got[0] === 2) return { kind: 'replace', bytes: bytes(20) };
    return got[0] === 3 ? { kind: 'delay', by: 60_000 } : { kind: 'pass' };
  });
  for (const number of [1, 2, 3, 4]) network.toPlatform(bytes(number));
  network.toGateway(bytes(5));
  queue.runUntil(120_000);
  assert.deepEqual(
    numbers().toSorted((a, b) => a - b),
    [3, 4, 5, 20],
  );
  assert.ok(arrived.find(({ number }) => number === 3)!.at >= 60_300);
  assert.equal(numbers().at(-1), 3);
  assert.deepEqual([influences.count('view'), influences.count('therapy')], [3, 0]);
  assert.deepEqual(seen, ['to-platform', 'to-platform', 'to-platform', 'to-platform', 'to-gateway']);
});

test('without an interception everything passes again', () => {
  const { queue, network, numbers } = createBench();
  network.point.intercept(() => ({ kind: 'drop' }));
  network.toPlatform(bytes(1));
  network.point.intercept(undefined);
  network.toPlatform(bytes(2));
  queue.runUntil(10_000);
  assert.deepEqual(numbers(), [2]);
});

test('injected bytes arrive in the direction they were meant for, also while others are dropped', () => {
  const { queue, network, arrived } = createBench();
  network.point.intercept(() => ({ kind: 'drop' }));
  network.point.inject(bytes(9), 'to-gateway');
  network.toGateway(bytes(1));
  queue.runUntil(10_000);
  assert.deepEqual(
    arrived.map(({ direction, number }) => [direction, number]),
    [['to-gateway', 9]],
  );
});
