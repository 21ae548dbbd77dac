import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import {
  BRETON_2008,
  BRETON_RANGES,
  createBreton2008,
  johnsonError,
} from '#model/physiology/glucose-sensor/breton-2008';
import type { SensorError } from '#model/physiology/glucose-sensor/sensor-error';
import {
  type AutoregressiveProcess,
  createVettoretti2019,
  VETTORETTI_2019,
} from '#model/physiology/glucose-sensor/vettoretti-2019';

const SAMPLES = 20_000;
/** Wide enough that nothing is clamped. */
const OPEN = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };

const readSeries = (sensor: SensorError, interval: number, glucose = 150): readonly number[] =>
  Array.from({ length: SAMPLES }, (_, index) => sensor.read(glucose, index * interval, 0));

function moments(series: readonly number[]) {
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  const covariance = (lag: number): number => {
    let sum = 0;
    for (let index = lag; index < series.length; index += 1)
      sum += (series[index]! - mean) * (series[index - lag]! - mean);
    return sum / (series.length - lag);
  };
  return { mean, variance: covariance(0), correlation: (lag: number) => covariance(lag) / covariance(0) };
}

/** Variance and first correlations of a process of order two, from the Yule-Walker equations. */
function yuleWalker({ phi1, phi2, variance }: AutoregressiveProcess) {
  const rho1 = phi1 / (1 - phi2);
  const rho2 = phi1 * rho1 + phi2;
  return { variance: variance / (1 - phi1 * rho1 - phi2 * rho2), rho1, rho2 };
}

test('Breton 2008: at its knots the deviate has variance 0.49/0.51 and correlation 0.7', () => {
  const errors = readSeries(createBreton2008(createRandom('breton'), OPEN), 15).map((value) => value - 150);
  const { xi, lambda, gamma, delta } = BRETON_2008;
  const deviates = errors.map((error) => gamma + delta * Math.asinh((error - xi) / lambda));
  const { mean, variance, correlation } = moments(deviates);
  assert.ok(Math.abs(mean) < 0.08, `mean ${mean}`);
  assert.ok(Math.abs(variance - 0.49 / 0.51) < 0.06, `variance ${variance}`);
  assert.ok(Math.abs(correlation(1) - 0.7) < 0.02, `correlation ${correlation(1)}`);
  assert.ok(Math.abs(correlation(3) - 0.343) < 0.04, `correlation ${correlation(3)}`);
});

test("Breton 2008: the mean error is the closed form of Johnson's transform", () => {
  const { mean } = moments(readSeries(createBreton2008(createRandom('johnson'), OPEN), 15));
  const { xi, lambda, gamma, delta } = BRETON_2008;
  const variance = 0.49 / 0.51;
  const expected = xi - lambda * Math.exp(variance / (2 * delta * delta)) * Math.sinh(gamma / delta);
  assert.ok(Math.abs(mean - 150 - expected) < 0.9, `${mean - 150}, expected ${expected}`);
  assert.ok(Math.abs(johnsonError(gamma) - xi) < 1e-12);
});

test('Breton 2008: between knots the error is continuous, and at knots it is the process', () => {
  const everyMinute = createBreton2008(createRandom(5), OPEN);
  const everyKnot = createBreton2008(createRandom(5), OPEN);
  for (let minute = 0; minute <= 600; minute += 1) {
    const value = everyMinute.read(150, minute, 0);
    if (minute % 15 === 0) assert.ok(Math.abs(value - everyKnot.read(150, minute, 0)) < 1e-9);
    assert.ok(Math.abs(everyMinute.read(150, minute + 1e-6, 0) - value) < 1e-3);
    assert.equal(everyMinute.read(150, minute + 1e-6, 0), everyMinute.read(150, minute + 1e-6, 0));
  }
});

test('Vettoretti 2019: variance and correlation are those of its two processes', () => {
  const { mean, variance, correlation } = moments(readSeries(createVettoretti2019(createRandom('g6'), OPEN), 5));
  const sensor = yuleWalker(VETTORETTI_2019.sensor);
  const common = yuleWalker(VETTORETTI_2019.common);
  const total = sensor.variance + common.variance;
  assert.ok(Math.abs(total - 63.4) < 0.5, 'closed form is about 63 (mg/dL)^2, 8 mg/dL');
  assert.ok(Math.abs(mean - (1.048 * 150 - 6.398)) < 0.8, `mean ${mean}`);
  assert.ok(Math.abs(variance / total - 1) < 0.06, `variance ${variance}`);
  const rho1 = (sensor.variance * sensor.rho1 + common.variance * common.rho1) / total;
  const rho2 = (sensor.variance * sensor.rho2 + common.variance * common.rho2) / total;
  assert.ok(Math.abs(correlation(1) - rho1) < 0.02, `correlation ${correlation(1)}, expected ${rho1}`);
  assert.ok(Math.abs(correlation(2) - rho2) < 0.03, `correlation ${correlation(2)}, expected ${rho2}`);
});

test('Vettoretti 2019: the drift is the published quadratics, held past ten days', () => {
  const errorAt = (glucose: number, days: number): number =>
    createVettoretti2019(createRandom(1), OPEN).read(glucose, 0, days) -
    createVettoretti2019(createRandom(1), OPEN).read(glucose, 0, 0);
  assert.ok(Math.abs(errorAt(100, 5) - (100 * (-0.165 + 0.05) + 30.895 - 11.2)) < 1e-9);
  assert.equal(errorAt(100, 10), errorAt(100, 30));
});

test('no monitor shows what it cannot show', () => {
  for (const glucose of [-5, 0, 20, 900]) {
    const breton = createBreton2008(createRandom(2), BRETON_RANGES.navigator);
    const g6 = createVettoretti2019(createRandom(2));
    for (let minute = 0; minute < 300; minute += 5) {
      const shown = breton.read(glucose, minute, 0);
      assert.ok(shown >= 32 && shown <= 600);
      const shownByG6 = g6.read(glucose, minute, 3);
      assert.ok(shownByG6 >= 40 && shownByG6 <= 400);
    }
  }
});

test('time does not run back for a sensor', () => {
  const sensor = createVettoretti2019(createRandom(3));
  sensor.read(100, 60, 0);
  assert.throws(() => sensor.read(100, 50, 0), /do not go back/);
});
