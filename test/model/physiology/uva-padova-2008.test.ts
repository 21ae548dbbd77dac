import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { listPatientIds, loadPatients, readUvaPadova2008Subjects } from '#edge/catalog/patients';
import { createDormandPrince54 } from '#model/physiology/integrate';
import { readVectors } from '../../vectors/read-vectors.ts';
import { playDay, REFERENCE_MEALS } from './basal-bolus-day.ts';
import { needsReferenceData, readReferenceRows } from './reference-data.ts';
import { createUvaPadova2008Derivative } from './uva-padova-2008-paper.ts';

const findPatient = loadPatients(catalogRoot);
const day = { durationMin: 1440, meals: REFERENCE_MEALS } as const;

/** A subject, and its interstitial glucose in mg/dL of every fortieth minute. */
const REFERENCE = readVectors('reference-day-traces.csv');

test('the reference has 15 subjects', () => assert.equal(REFERENCE.length, 15));

for (const [stepMin, tolerance] of [
  [0.5, 0.01],
  [0.25, 0.002],
] as const) {
  test(`the reference day is met to ${tolerance} mg/dL at a step of ${stepMin} min by 15 subjects`, () => {
    for (const [id, ...values] of REFERENCE) {
      const glucose = playDay(findPatient(id!), { ...day, stepMin });
      for (const [index, expected] of values.entries()) {
        const off = Math.abs(glucose[40 * index]! - Number(expected));
        assert.ok(off <= tolerance, `${id} at minute ${40 * index}: off by ${off} mg/dL`);
      }
    }
  });
}

/**
 * The reference software's own 48 h regression run of adolescent#001: the minute a meal was announced and its size. Its rows
 * average three one-minute samples; a meal's bolus (56/12 U and so on) is spread over the three minutes of the next row. The
 * minute of a meal within its row is not in the file; of the three, only the one here fits to the integrator's precision.
 */
const AUTHORS_BASAL = 0.013933333333333336;
const AUTHORS_MEALS: readonly { readonly row: number; readonly offset: number; readonly grams: number }[] = [
  { row: 172, offset: 1, grams: 56 },
  { row: 214, offset: 2, grams: 59 },
  { row: 291, offset: 0, grams: 13 },
  { row: 369, offset: 2, grams: 79 },
  { row: 638, offset: 1, grams: 54 },
  { row: 669, offset: 0, grams: 7 },
  { row: 709, offset: 2, grams: 63 },
  { row: 784, offset: 1, grams: 8 },
  { row: 828, offset: 0, grams: 73 },
];
/** Insulin of the nine rows that follow a meal, U/min, as the file has them. */
const AUTHORS_BOLUS_ROWS: ReadonlyMap<number, number> = new Map([
  [173, 1.5694916666666665],
  [215, 1.9488750000000004],
  [292, 0.3750416666666667],
  [370, 2.208375],
  [639, 1.5139333333333334],
  [670, 0.5439666666666667],
  [710, 1.7639333333333336],
  [785, 0.23615833333333336],
  [829, 2.0417083333333332],
]);

function replayAuthorsRun(stepMin: number, insulinOfRow: (row: number) => number): readonly number[] {
  const plant = findPatient('adolescent#001').createPlant({ stepMin });
  const means = [plant.interstitialGlucose];
  let onThePlate = 0;
  for (let row = 0; row < 960; row += 1) {
    const meal = AUTHORS_MEALS.find((candidate) => candidate.row === row);
    let sum = 0;
    for (let offset = 0; offset < 3; offset += 1) {
      if (meal?.offset === offset) onThePlate += meal.grams;
      const carbohydrates = Math.min(5, onThePlate);
      onThePlate -= carbohydrates;
      plant.advance({ insulin: insulinOfRow(row), carbohydrates, insulinSensitivity: 1 });
      sum += plant.interstitialGlucose;
    }
    means.push(sum / 3);
  }
  return means;
}

test("the authors' own 48 h run is met to 0.001 mg/dL by replaying its inputs (transcribed points)", () => {
  const glucose = replayAuthorsRun(0.25, (row) => AUTHORS_BOLUS_ROWS.get(row) ?? AUTHORS_BASAL);
  const expected: readonly (readonly [number, number])[] = [
    [172, 149.03351997653613],
    [180, 149.7070040760503],
    [216, 143.43462530250184],
    [300, 96.70773784950134],
    [400, 126.1022677590388],
    [480, 99.1678881544299],
    [669, 153.5593041969849],
    [784, 98.13689068841825],
    [900, 102.90625393585927],
    [960, 97.20442911742796],
  ];
  for (const [row, value] of expected)
    assert.ok(Math.abs(glucose[row]! - value) <= 0.001, `row ${row}: ${glucose[row]}`);
});

test("the authors' own 48 h run is met in every row", needsReferenceData, () => {
  const rows = readReferenceRows('adolescent001-48h-reference.csv');
  for (const [stepMin, tolerance] of [
    [0.5, 0.01],
    [0.25, 0.002],
  ] as const) {
    const glucose = replayAuthorsRun(stepMin, (row) => Number(rows[row]![4]));
    for (const [row, fields] of rows.entries()) {
      assert.ok(Math.abs(glucose[row]! - Number(fields[1])) <= tolerance, `row ${row}: ${glucose[row]}`);
      const meal = AUTHORS_MEALS.find((candidate) => candidate.row === row);
      if (row < 960) assert.ok(Math.abs(Number(fields[3]) * 3 - (meal?.grams ?? 0)) < 1e-9, `meal of row ${row}`);
    }
  }
});

test('the hand-specialised steps are the published equations', () => {
  for (const id of ['adult#003', 'child#005']) {
    const subject = readUvaPadova2008Subjects(catalogRoot).find((candidate) => candidate.id === id)!;
    const patient = findPatient(id);
    const plant = patient.createPlant({ stepMin: 1 / 16 });
    const state = plant.state();
    const meal = { stomachAtStart: 0, eaten: 0, eating: false };
    for (let minute = 0; minute < 600; minute += 1) {
      const carbohydrates = minute >= 60 && minute < 70 ? 5 : minute >= 150 && minute < 153 ? 4 : 0;
      const insulin = patient.basalRate / 60 + (minute === 55 ? 3 : 0);
      const sensitivity = minute < 300 ? 1 : 1.3;
      plant.advance({ insulin, carbohydrates, insulinSensitivity: sensitivity });
      if (carbohydrates > 0 && !meal.eating) Object.assign(meal, { stomachAtStart: state[0]! + state[1]!, eaten: 0 });
      meal.eating = carbohydrates > 0;
      meal.eaten += carbohydrates;
      const derivative = createUvaPadova2008Derivative(subject.parameters, {
        insulin,
        carbohydrates,
        insulinSensitivity: sensitivity,
        mealMg: meal.stomachAtStart + meal.eaten * 1000,
      });
      createDormandPrince54(13, derivative)(minute, state, 1);
    }
    for (const [index, value] of plant.state().entries()) {
      assert.ok(Math.abs(value - state[index]!) <= 1e-5 * Math.max(1, Math.abs(value)), `${id}: x${index}`);
    }
  }
});

test('every subject rests where it starts: 24 h of basal insulin alone move glucose by less than 1 mg/dL', () => {
  const ids = listPatientIds(catalogRoot);
  assert.equal(ids.length, 30);
  for (const id of ids) {
    const glucose = playDay(findPatient(id), { stepMin: 0.5, durationMin: 1440 });
    assert.ok(Math.abs(glucose[1440]! - glucose[0]!) < 1, `${id}: ${glucose[0]} to ${glucose[1440]}`);
  }
});

test('the smaller step is nearer: the error falls with the fourth power until rounding', () => {
  const finest = playDay(findPatient('child#007'), { ...day, stepMin: 1 / 16 });
  const errorAt = (stepMin: number): number =>
    playDay(findPatient('child#007'), { ...day, stepMin }).reduce(
      (worst, value, minute) => Math.max(worst, Math.abs(value - finest[minute]!)),
      0,
    );
  assert.ok(errorAt(0.5) < errorAt(1) / 8);
  assert.ok(errorAt(0.25) < errorAt(0.5) / 8);
});

test('more insulin sensitivity, less glucose; no minute of it is lost on a copy of the state', () => {
  const glucoseAt = (insulinSensitivity: number): number => {
    const patient = findPatient('adult#005');
    const plant = patient.createPlant({ stepMin: 1 });
    for (let minute = 0; minute < 360; minute += 1) {
      plant.advance({ insulin: patient.basalRate / 60, carbohydrates: 0, insulinSensitivity });
    }
    plant.state().fill(0);
    assert.equal(plant.minute, 360);
    return plant.plasmaGlucose;
  };
  assert.ok(glucoseAt(1.4) < glucoseAt(1) - 5);
  assert.ok(glucoseAt(0.7) > glucoseAt(1) + 5);
});
