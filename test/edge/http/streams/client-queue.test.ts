import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createClientQueue, type Delivery, MOST_QUEUED } from '#edge/http/streams/client-queue';
import type { StreamEvent } from '#edge/http/streams/stream-event';

const place = (position: number) => ({ position, subject: 'p1', at: '2026-01-05T00:00:00.000Z' });
const property = (position: number, name: string): StreamEvent => ({
  type: 'property',
  ...place(position),
  thing: 'cgm',
  name,
  value: position,
  measuredAt: '2026-01-05T00:00:00.000Z',
});
const finding = (position: number): StreamEvent => ({
  type: 'finding',
  ...place(position),
  thing: 'cgm',
  rule: 'r',
  confidence: 'possible',
  statement: 's',
  values: {},
});

function drained(queue: ReturnType<typeof createClientQueue>): readonly Delivery[] {
  const taken: Delivery[] = [];
  for (let one = queue.take(); one !== undefined; one = queue.take()) taken.push(one);
  return taken;
}

test('a client that keeps up gets everything, in order', () => {
  const queue = createClientQueue();
  for (let position = 0; position < 3 * MOST_QUEUED; position += 1) {
    queue.push([property(position, 'glucose')]);
    assert.equal(queue.take()?.event.position, position);
  }
});

test('latest_value_survives: a client that is too slow gets the last value of each property, and is told', () => {
  const queue = createClientQueue();
  queue.push([finding(0)]);
  for (let position = 1; position <= 5 * MOST_QUEUED; position += 1)
    queue.push([property(position, `p${position % 7}`)]);
  const taken = drained(queue);
  const count = taken.reduce((sum, { dropped }) => sum + (dropped?.count ?? 0), 0);
  assert.equal(taken.length + count, 5 * MOST_QUEUED + 1);
  assert.equal(taken[0]?.event.type, 'finding');
  assert.ok(taken[0]?.dropped !== undefined && taken[0].dropped.from === 1);
  for (let name = 0; name < 7; name += 1) {
    const last = taken.findLast(({ event }) => event.type === 'property' && event.name === `p${name}`);
    assert.ok(last !== undefined && last.event.position > 5 * MOST_QUEUED - 7);
  }
});

test('latest_value_survives: a value that was held back on its way stands for none that was measured later', () => {
  const queue = createClientQueue();
  const measured = (position: number, minute: string): StreamEvent =>
    ({
      ...property(position, 'glucose'),
      at: '2026-01-05T00:10:00.000Z',
      measuredAt: `2026-01-05T00:${minute}:00.000Z`,
    }) as StreamEvent;
  queue.push([measured(1, '10')]);
  queue.push([measured(2, '05')]);
  for (let position = 3; position <= MOST_QUEUED + 3; position += 1)
    queue.push([property(position, `p${position % 7}`)]);
  const glucose = drained(queue).filter(({ event }) => event.type === 'property' && event.name === 'glucose');
  assert.deepEqual(
    glucose.map(({ event }) => event.position),
    [1],
  );
});

test('never_more_than_its_bound, and what was dropped is counted, whatever comes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ findings: fc.nat(400), values: fc.nat(1_500), names: fc.integer({ min: 1, max: 2_000 }) }), {
        maxLength: 4,
      }),
      (bursts) => {
        const queue = createClientQueue();
        let position = 0;
        const nextPosition = (): number => {
          position += 1;
          return position;
        };
        for (const { findings, values, names } of bursts) {
          for (let n = 0; n < values; n += 1) queue.push([property(nextPosition(), `p${n % names}`)]);
          for (let n = 0; n < findings; n += 1) queue.push([finding(nextPosition())]);
          assert.ok(queue.length <= MOST_QUEUED);
        }
        const taken = drained(queue);
        const positions = taken.map(({ event }) => event.position);
        assert.deepEqual(
          positions,
          positions.toSorted((a, b) => a - b),
        );
        assert.equal(taken.length + taken.reduce((sum, { dropped }) => sum + (dropped?.count ?? 0), 0), position);
      },
    ),
    { numRuns: 30 },
  );
});

test('only the last event of a record carries its place, so that half of one is never taken for the whole', () => {
  const queue = createClientQueue();
  queue.push([property(5, 'a'), property(5, 'b')]);
  assert.deepEqual(
    drained(queue).map(({ isLast }) => isLast),
    [false, true],
  );
});
