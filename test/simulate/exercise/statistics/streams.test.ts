import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBand, glucoseBand, mergeBand, recordGlucose } from '#simulate/exercise/statistics/band';
import { delayHistogram, distribution } from '#simulate/exercise/statistics/distribution';
import {
  createHistogram,
  type Histogram,
  histogramQuantile,
  mergeHistogram,
  recordValue,
} from '#simulate/exercise/statistics/histogram';
import {
  createTally,
  mergeTally,
  type Tally,
  tallyMean,
  tallySum,
  tallyValue,
} from '#simulate/exercise/statistics/tally';

const AXIS = { low: 0, high: 100, bins: 50 };
const values = fc.array(fc.double({ min: -20, max: 120, noNaN: true }), { minLength: 1, maxLength: 60 });

test('a histogram is the same whatever the order and grouping of its values', () => {
  fc.assert(
    fc.property(values, fc.nat(), (all, cut) => {
      const at = cut % all.length;
      const right = histogramOf(all.slice(at).reverse());
      mergeHistogram(right, histogramOf(all.slice(0, at)));
      assert.deepEqual(right, histogramOf(all));
    }),
  );
});

test('a quantile is that of the values, to one bin width', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 99.9, noNaN: true }), { minLength: 1, maxLength: 60 }),
      fc.constantFrom(0.05, 0.25, 0.5, 0.75, 0.95),
      (all, q) => {
        const sorted = all.toSorted((left, right) => left - right);
        const exact = sorted[Math.max(Math.ceil(q * all.length) - 1, 0)]!;
        assert.ok(Math.abs(histogramQuantile(histogramOf(all), q)! - exact) <= 2);
      },
    ),
  );
});

test('values outside the axis are counted and read as its ends or the extremes seen', () => {
  const histogram = histogramOf([-5, -5, -5, 200]);
  assert.equal(histogram.n, 4);
  assert.equal(histogramQuantile(histogram, 0.25), 0);
  assert.equal(histogramQuantile(histogram, 0.99), 100);
  assert.deepEqual(distribution(histogram), { n: 4, min: -5, q05: 0, q25: 0, median: 0, q75: 0, q95: 100, max: 200 });
});

test('a distribution without values is all null', () => {
  const nothing = { n: 0, min: null, q05: null, q25: null, median: null, q75: null, q95: null, max: null };
  assert.deepEqual(distribution(createHistogram(AXIS)), nothing);
});

test('the delay histogram drops the empty bins at its end and keeps late values', () => {
  assert.deepEqual(delayHistogram(histogramOf([1, 5, 5.9])), { binMin: 2, counts: [1, 0, 2] });
  assert.equal(delayHistogram(histogramOf([300])).counts.length, 51);
  assert.deepEqual(delayHistogram(createHistogram(AXIS)), { binMin: 2, counts: [] });
});

test('a sum is the same whatever the order and grouping of its values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 }),
      fc.nat(),
      (all, cut) => {
        const at = cut % all.length;
        const right = tallyOf(all.slice(at).reverse());
        mergeTally(right, tallyOf(all.slice(0, at)));
        assert.deepEqual(right, tallyOf(all));
      },
    ),
  );
});

test('a mean keeps the decimals of its scale', () => {
  assert.equal(tallyMean(tallyOf([0.1, 0.2, 0.3])), 0.2);
  assert.equal(tallyMean(createTally()), 0);
  assert.equal(tallySum(tallyOf([0.1, 0.2, 0.3])), 0.6);
});

test('a glucose band is the same whatever the order in which its runs are merged', () => {
  const runs = [60, 120, 180, 240, 39].map((level) => {
    const band = createBand(0, 5, 4);
    for (let minute = 0; minute < 20; minute += 1) recordGlucose(band, minute, level + minute);
    return band;
  });
  const merged = (order: readonly number[]) => {
    const band = createBand(0, 5, 4);
    for (const index of order) mergeBand(band, runs[index]!);
    return glucoseBand(band);
  };
  assert.deepEqual(merged([0, 1, 2, 3, 4]), merged([4, 2, 0, 3, 1]));
});

test('a glucose band has the quantiles of each step, and 40 for all that is lower', () => {
  const band = createBand(10, 5, 3);
  for (let value = 40; value < 440; value += 1) recordGlucose(band, 12, value);
  for (const value of [5, 30, 39.9]) recordGlucose(band, 15, value);
  recordGlucose(band, 9, 300);
  recordGlucose(band, 40, 300);
  assert.deepEqual(glucoseBand(band), {
    startMin: 10,
    stepMin: 5,
    q05: [60, 40],
    q25: [140, 40],
    median: [240, 40],
    q75: [340, 40],
    q95: [420, 40],
  });
});

function histogramOf(all: readonly number[]): Histogram {
  const histogram = createHistogram(AXIS);
  for (const value of all) recordValue(histogram, value);
  return histogram;
}

function tallyOf(all: readonly number[]): Tally {
  const tally = createTally();
  for (const value of all) tallyValue(tally, value);
  return tally;
}
