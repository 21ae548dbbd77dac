import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockOfRun, duration, interval, percent, share, signed, trimmed } from '../../../src/edge/report/format.ts';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

test('a share is never rounded to none or all', () => {
  assert.deepEqual([0, 0.001, 0.5, 0.999, 1].map(percent).map(plain), ['0 %', '<1 %', '50 %', '>99 %', '100 %']);
  assert.equal(share({ k: 0, n: 0, low: 0, high: 1 }), '–');
});

test('an interval is given in per cent, rounded outwards', () => {
  assert.equal(plain(interval({ k: 6, n: 48, low: 0.29, high: 0.5701 })), '[29, 58] %');
  assert.equal(plain(interval({ k: 23, n: 24, low: 0.788, high: 0.9989 })), '[78, 100] %');
});

test('a duration reads in the unit of its size', () => {
  assert.deepEqual([0, 4.25, 95, 252, 3600, -20].map(duration).map(plain), [
    '0 min',
    '4.3 min',
    '95 min',
    '4.2 h',
    '2.5 d',
    '−20 min',
  ]);
});

test('a time of the run counts its hours on', () => {
  assert.deepEqual([0, 65.4, 1565].map(clockOfRun).map(plain), ['00:00', '01:05', '02:05 +1']);
});

test('numbers have a true minus and no needless digits', () => {
  assert.deepEqual(
    [trimmed(-0.001, 1), trimmed(2.5, 3), signed(3, 1), signed(-3, 1), signed(0, 1)],
    ['0', '2.5', '+3', '−3', '0'],
  );
});
