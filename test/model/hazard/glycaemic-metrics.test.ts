import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import { createGlycaemicAccumulator, type GlycaemicMetrics } from '#model/hazard/glycaemic-metrics';
import { highGlucoseRisk, lowGlucoseRisk, symmetrizedGlucose } from '#model/hazard/glycaemic-risk';
import { readVectors } from '../../vectors/read-vectors.ts';
import { playDay, REFERENCE_MEALS } from '../physiology/basal-bolus-day.ts';

function metricsOf(glucose: readonly number[]): GlycaemicMetrics {
  const accumulator = createGlycaemicAccumulator();
  for (const value of glucose) accumulator.push(value);
  return accumulator.metrics();
}

const findPatient = loadPatients(catalogRoot);

/** The summaries have 1440 samples: the start included, the end left out. */
const referenceDay = (id: string): GlycaemicMetrics =>
  metricsOf(playDay(findPatient(id), { stepMin: 0.25, durationMin: 1440, meals: REFERENCE_MEALS }).slice(0, 1440));

test('the risk scale is zero at 112.5 mg/dL and 100 at its two ends', () => {
  assert.ok(Math.abs(symmetrizedGlucose(112.517)) < 1e-4);
  assert.ok(Math.abs(lowGlucoseRisk(20) - 100) < 0.5);
  assert.ok(Math.abs(highGlucoseRisk(600) - 100) < 0.5);
  assert.equal(lowGlucoseRisk(200), 0);
  assert.equal(highGlucoseRisk(60), 0);
});

test('the rounded summary of a further subject is met', () => {
  const { meanGlucose, timeInRange, lbgi, hbgi } = referenceDay('child#008');
  for (const [value, expected] of [
    [meanGlucose, 206.24],
    [100 * timeInRange, 48.4],
    [lbgi, 1.72],
    [hbgi, 16.78],
  ] as const) {
    assert.ok(Math.abs(value - expected) < 0.0051, `${value}, not ${expected}`);
  }
});

test('a subject who falls below 40 mg/dL has the published summary but for the floor', () => {
  const glucose = playDay(findPatient('child#004'), { stepMin: 0.25, durationMin: 1440, meals: REFERENCE_MEALS });
  const day = glucose.slice(0, 1440);
  const mean = (of: (value: number) => number): number => day.reduce((sum, value) => sum + of(value), 0) / day.length;
  assert.ok(Math.abs(mean((value) => value) - 93.03) < 0.0051);
  assert.ok(Math.abs(mean(lowGlucoseRisk) - 10.48) < 0.0051);
  assert.ok(Math.abs(mean(highGlucoseRisk) - 0.46) < 0.0051);
  const metrics = metricsOf(day);
  assert.equal(metrics.nadir.kind, 'below-validity');
  assert.ok(Math.abs(100 * metrics.timeInRange - 60.69) < 0.0051);
  assert.ok(metrics.lbgi < 10.48 && metrics.lbgi > 8, 'the index understates what lies below the floor');
});

test('the 15 published summaries are met', () => {
  for (const row of readVectors('reference-day-summary.csv')) {
    const metrics = referenceDay(row[0]!);
    const actual = [
      metrics.meanGlucose,
      metrics.nadir.kind === 'value' ? metrics.nadir.glucose : Number.NaN,
      metrics.peak.glucose,
      100 * metrics.timeInRange,
      100 * metrics.timeBelow70,
      100 * metrics.timeBelow54,
      100 * metrics.timeAbove180,
      100 * metrics.timeAbove250,
      metrics.lbgi,
      metrics.hbgi,
    ];
    for (const [index, value] of actual.entries()) {
      const expected = Number(row[index + 1]);
      assert.ok(Math.abs(value - expected) < 2e-3, `${row[0]}: column ${index + 1} is ${value}, not ${expected}`);
    }
  }
});

test('below 40 mg/dL there is an instant and no number', () => {
  const metrics = metricsOf([120, 60, 45, 38, 12, -0.001, 90]);
  assert.deepEqual(metrics.nadir, { kind: 'below-validity', minute: 3 });
  assert.equal(metrics.firstBelow40, 3);
  assert.equal(metrics.firstBelow54, 2);
  assert.equal(metrics.minutesBelow40, 3);
  assert.ok(Number.isFinite(metrics.lbgi));
  assert.deepEqual(metricsOf([120, 40]).nadir, { kind: 'value', glucose: 40, minute: 1 });
});

test('what was never crossed is absent, not a sentinel', () => {
  const metrics = metricsOf([100, 180, 70]);
  assert.equal(metrics.timeInRange, 1);
  for (const key of ['firstBelow70', 'firstBelow54', 'firstBelow40', 'firstAbove250', 'firstAbove300']) {
    assert.ok(!(key in metrics), key);
  }
});

test('the ranges partition the run, and nest', () => {
  const glucose = fc.array(fc.double({ min: 0, max: 700, noNaN: true }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(glucose, (values) => {
      const metrics = metricsOf(values);
      const whole = metrics.timeInRange + metrics.timeBelow70 + metrics.timeAbove180;
      assert.ok(Math.abs(whole - 1) < 1e-12);
      assert.ok(metrics.minutesBelow40 <= metrics.minutesBelow54 && metrics.minutesBelow54 <= metrics.minutesBelow70);
      assert.ok(
        metrics.minutesAbove300 <= metrics.minutesAbove250 && metrics.minutesAbove250 <= metrics.minutesAbove180,
      );
      assert.ok(Math.abs(metrics.risk - metrics.lbgi - metrics.hbgi) < 1e-9);
      assert.equal(metrics.nadir.kind, Math.min(...values) < 40 ? 'below-validity' : 'value');
    }),
    { numRuns: 100 },
  );
});
