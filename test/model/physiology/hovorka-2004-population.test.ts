import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients, readHovorka2004Population } from '#edge/catalog/patients';
import { drawHovorka2004Patient } from '#model/physiology/hovorka-2004-population';
import { drawParameter } from '#model/physiology/parameter-distribution';
import { playDay, REFERENCE_MEALS } from './basal-bolus-day.ts';

const population = readHovorka2004Population(catalogRoot);
const findPatient = loadPatients(catalogRoot);

test('a person is the same whoever else is drawn, and in whatever order', () => {
  const alone = drawHovorka2004Patient(population, createRandom(population.seed), 7);
  const random = createRandom(population.seed);
  for (const index of [3, 1, 2]) drawHovorka2004Patient(population, random, index);
  const after = drawHovorka2004Patient(population, random, 7);
  assert.equal(after.id, 'hovorka#7');
  for (const key of ['bodyWeight', 'basalRate', 'carbRatio', 'correctionFactor', 'totalDailyInsulin'] as const) {
    assert.equal(after[key], alone[key]);
    assert.equal(findPatient('hovorka#7')[key], alone[key]);
  }
  assert.notEqual(findPatient('hovorka#8').basalRate, alone.basalRate);
});

test('every person rests at the fasting glucose on the basal rate', () => {
  for (let index = 1; index <= 12; index += 1) {
    const glucose = playDay(findPatient(`hovorka#${index}`), { stepMin: 1, durationMin: 720 });
    for (const value of glucose) assert.ok(Math.abs(value - population.fastingGlucose) < 1e-6, `hovorka#${index}`);
  }
});

test('the therapy holds: on the reference day nobody falls below 40 mg/dL, and a doubled bolus lowers everybody', () => {
  for (let index = 1; index <= 12; index += 1) {
    const patient = findPatient(`hovorka#${index}`);
    const usual = playDay(patient, { stepMin: 1, durationMin: 1440, meals: REFERENCE_MEALS });
    const doubled = playDay(patient, { stepMin: 1, durationMin: 1440, meals: REFERENCE_MEALS, bolusFactor: 2 });
    assert.ok(Math.min(...usual) > 40, patient.id);
    assert.ok(Math.min(...doubled) < Math.min(...usual) - 10, patient.id);
  }
});

test('a drawn parameter has the published mean where the bounds cut symmetrically, and never leaves them', () => {
  const random = createRandom('distribution');
  const distribution = { kind: 'normal', mean: 0.0161, sd: 0.0039, low: 0.0083, high: 0.0239 } as const;
  let sum = 0;
  for (let count = 0; count < 4000; count += 1) {
    const value = drawParameter(random, distribution);
    assert.ok(value >= distribution.low && value <= distribution.high);
    sum += value;
  }
  assert.ok(Math.abs(sum / 4000 - distribution.mean) < (4 * distribution.sd) / Math.sqrt(4000));
});

test('an id that is nobody is told with the ids there are', () => {
  for (const id of ['hovorka#0', 'hovorka#', 'adult#011', '']) {
    assert.throws(() => findPatient(id), {
      code: 'patient.unknown',
      message: /is not in the catalog; it has `adolescent#001`/,
    });
  }
});
