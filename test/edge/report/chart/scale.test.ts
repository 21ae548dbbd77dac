import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  groupsOf,
  hourTicks,
  linearScale,
  linePath,
  roundTicks,
  spreadLabels,
} from '../../../../src/edge/report/chart/scale.ts';

test('a scale maps its domain to its range and ends there', () => {
  const scale = linearScale([40, 240], [100, 0]);
  assert.deepEqual([40, 140, 240, 0, 999].map(scale), [100, 50, 0, 100, 0]);
});

test('a path in relative steps ends where its points do, to a tenth', () => {
  const coordinate = fc.double({ min: -500, max: 500, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.record({ x: coordinate, y: coordinate }), { minLength: 1, maxLength: 40 }), (points) => {
      const numbers = [...linePath(points).matchAll(/-?(?:\d+\.?\d*|\.\d+)/g)].map(([text]) => Number(text));
      const [x, y] = [0, 1].map((axis) =>
        numbers.filter((_, index) => index % 2 === axis).reduce((sum, value) => sum + value, 0),
      );
      assert.equal(numbers.length, 2 * points.length);
      assert.ok(Math.abs(x! - points.at(-1)!.x) < 0.051 && Math.abs(y! - points.at(-1)!.y) < 0.051);
    }),
  );
});

test('ticks are round and few', () => {
  assert.deepEqual(hourTicks(0, 1440), [0, 180, 360, 540, 720, 900, 1080, 1260, 1440]);
  assert.deepEqual(hourTicks(30, 300), [60, 120, 180, 240, 300]);
  assert.deepEqual(roundTicks(51, 3), [0, 20, 40]);
  assert.deepEqual(roundTicks(0.5, 5), [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
});

test('labels keep their order and their distance, within the plot where there is room', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 8 }), (wanted) => {
      const placed = spreadLabels(wanted, 12, 0, 100).toSorted((left, right) => left - right);
      for (const [index, y] of placed.entries()) {
        if (index > 0) assert.ok(y - placed[index - 1]! >= 12 - 1e-9);
        assert.ok(y >= -1e-9 && y <= 100 + 1e-9);
      }
    }),
  );
});

test('groups cover a series without gap or overlap, and are no more than the limit', () => {
  fc.assert(
    fc.property(fc.nat(3000), fc.integer({ min: 1, max: 100 }), (length, limit) => {
      const groups = groupsOf(length, limit);
      assert.ok(groups.length <= limit);
      assert.equal(groups.at(-1)?.[1] ?? 0, length);
      for (const [index, [from]] of groups.entries()) assert.equal(from, index === 0 ? 0 : groups[index - 1]![1]);
    }),
  );
});
