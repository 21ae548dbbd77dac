import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clopperPearson } from '#simulate/exercise/statistics/clopper-pearson';
import { incompleteBeta, inverseIncompleteBeta } from '#simulate/exercise/statistics/incomplete-beta';
import { binomialProbabilities } from './binomial.ts';

/** R.G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 5 (Clopper-Pearson), 95 %. */
const NEWCOMBE = [
  { k: 81, n: 263, low: 0.2527, high: 0.3676 },
  { k: 15, n: 148, low: 0.0578, high: 0.1617 },
  { k: 0, n: 20, low: 0, high: 0.1684 },
  { k: 1, n: 29, low: 0.0009, high: 0.1776 },
];

test('the intervals are those published by Newcombe', () => {
  for (const { k, n, low, high } of NEWCOMBE) {
    const interval = clopperPearson(k, n, 0.95);
    assert.equal(interval.low.toFixed(4), low.toFixed(4));
    assert.equal(interval.high.toFixed(4), high.toFixed(4));
  }
});

test('the interval is that of binom.test of R', () => {
  // The example in R's manual page of binom.test: 682 of 925 (Conover 1971, p. 97 f.).
  const { low, high } = clopperPearson(682, 925, 0.95);
  assert.equal(low.toFixed(7), '0.7076683');
  assert.equal(high.toFixed(7), '0.7654066');
});

test('no and only successes have their closed form', () => {
  for (const n of [1, 2, 10, 100, 10_000]) {
    const edge = 0.025 ** (1 / n);
    assert.deepEqual(clopperPearson(0, n, 0.95).low, 0);
    assert.ok(Math.abs(clopperPearson(0, n, 0.95).high - (1 - edge)) < 1e-12);
    assert.deepEqual(clopperPearson(n, n, 0.95).high, 1);
    assert.ok(Math.abs(clopperPearson(n, n, 0.95).low - edge) < 1e-12);
  }
  assert.deepEqual(clopperPearson(0, 0, 0.95), { low: 0, high: 1 });
});

test('at each end of the interval the observed or a more extreme count has exactly half the error', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 120 }),
      fc.nat(),
      fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.9999),
      (n, draw, confidence) => {
        const k = 1 + (draw % (n - 1));
        const { low, high } = clopperPearson(k, n, confidence);
        const tail = (1 - confidence) / 2;
        assert.ok(Math.abs(sum(binomialProbabilities(n, low).slice(k)) - tail) < 1e-10);
        assert.ok(Math.abs(sum(binomialProbabilities(n, high).slice(0, k + 1)) - tail) < 1e-10);
      },
    ),
    { numRuns: 200 },
  );
});

test('the interval covers the true proportion with at least the stated confidence', () => {
  for (const n of [5, 20, 60]) {
    const intervals = Array.from({ length: n + 1 }, (_, k) => clopperPearson(k, n, 0.95));
    for (let p = 0.005; p < 1; p += 0.005) {
      const probabilities = binomialProbabilities(n, p);
      const covered = sum(probabilities.filter((_, k) => intervals[k]!.low <= p && p <= intervals[k]!.high));
      assert.ok(covered >= 0.95, `n ${n}, p ${p}: ${covered}`);
    }
  }
});

test('the incomplete beta function has its known values', () => {
  // I_x(1, b) = 1 - (1 - x)^b, I_x(a, 1) = x^a, I_1/2(a, a) = 1/2: DLMF 8.17.
  assert.ok(Math.abs(incompleteBeta(0.3, 1, 7) - (1 - 0.7 ** 7)) < 1e-14);
  assert.ok(Math.abs(incompleteBeta(0.3, 5, 1) - 0.3 ** 5) < 1e-15);
  assert.ok(Math.abs(incompleteBeta(0.5, 40, 40) - 0.5) < 1e-13);
  // Arcsine law: I_x(1/2, 1/2) = 2 / pi * asin(sqrt(x)).
  assert.ok(Math.abs(incompleteBeta(0.2, 0.5, 0.5) - (2 / Math.PI) * Math.asin(Math.sqrt(0.2))) < 1e-14);
});

test('the inverse undoes the incomplete beta function', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 500 }),
      (probability, a, b) => {
        assert.ok(Math.abs(incompleteBeta(inverseIncompleteBeta(probability, a, b), a, b) - probability) < 1e-10);
      },
    ),
    { numRuns: 200 },
  );
});

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
