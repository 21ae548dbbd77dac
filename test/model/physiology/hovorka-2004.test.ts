import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createHovorka2004Derivative,
  createHovorka2004Plant,
  type Hovorka2004Drive,
  type Hovorka2004Parameters,
  hovorka2004SteadyState,
  paperRenalExcretion,
  type RenalExcretion,
} from '#model/physiology/hovorka-2004';
import { createDormandPrince54 } from '#model/physiology/integrate';
import { readVectors } from '../../vectors/read-vectors.ts';

/** The paper's mean subject with the body weight of the reference run. */
const MEAN_SUBJECT: Hovorka2004Parameters = {
  BW: 75,
  EGP0: 0.0161,
  F01: 0.0097,
  k12: 0.066,
  ka1: 0.006,
  ka2: 0.06,
  ka3: 0.03,
  SIT: 51.2e-4,
  SID: 8.2e-4,
  SIE: 520e-4,
  ke: 0.138,
  VI: 0.12,
  VG: 0.16,
  tmaxI: 55,
  tmaxG: 40,
  AG: 0.8,
  kaInt: 0.073,
};
const rest = hovorka2004SteadyState(MEAN_SUBJECT, 100)!;

/** LoopInsighT1's term lacks the volume, 12 L here. */
const loopInsightRenalExcretion: RenalExcretion = (glucose) => Math.max(0, 0.003 * (glucose - 9));

/** The reference run: basal 0.4 U/h; meals eaten over 15 min; bolus rates in U/h during the meal's first minute. */
const MEALS = [
  { minute: 420, grams: 45, bolusRate: 279.4 },
  { minute: 720, grams: 70, bolusRate: 345.4 },
  { minute: 1080, grams: 80, bolusRate: 414.4 },
];

/**
 * The reference was integrated with the publishing software's default: Heun's method (order 2) against Euler's, relative
 * tolerance 1e-3, steps that adapt but stop at every full minute. Carbohydrate is evaluated at the stages' own times, insulin
 * held over the minute.
 */
function replayWithReferenceSolver(renalExcretion: RenalExcretion): readonly number[] {
  const drive: Hovorka2004Drive = { infusion: 0, intake: 0, sensitivity: 1 };
  const derivative = createHovorka2004Derivative(MEAN_SUBJECT, drive, renalExcretion);
  const state = rest.state.slice();
  const first = new Float64Array(state.length);
  const second = new Float64Array(state.length);
  const intakeAt = (time: number): number => {
    const meal = MEALS.find(({ minute }) => time >= minute && time < minute + 15);
    return meal === undefined ? 0 : meal.grams / 15 / 0.18016;
  };
  const glucose = [(state[0]! / 12) * 18.016];
  let stepSize = 1;
  for (let minute = 0; minute < 1440; minute += 1) {
    const rate = MEALS.find((meal) => meal.minute === minute)?.bolusRate ?? 0.4;
    drive.infusion = (rate / 60) * 1000;
    for (let time = minute; time < minute + 1; ) {
      const next = Math.min(time + stepSize, minute + 1);
      drive.intake = intakeAt(time);
      derivative(time, state, first);
      drive.intake = intakeAt(next);
      derivative(
        next,
        state.map((value, index) => value + (next - time) * first[index]!),
        second,
      );
      let difference = 0;
      let size = 0;
      for (let index = 0; index < 10; index += 1) {
        difference += (((next - time) * (second[index]! - first[index]!)) / 2) ** 2;
        size += state[index]! ** 2;
      }
      const error = Math.sqrt(difference) / Math.sqrt(size);
      if (error > 1e-3) {
        stepSize /= 2;
        continue;
      }
      for (const index of state.keys()) state[index]! += ((next - time) / 2) * (first[index]! + second[index]!);
      time = next;
      stepSize = Math.max(1, Math.min(60, Math.floor(stepSize * Math.min(2, 0.9 * Math.sqrt(5e-4 / error)))));
    }
    glucose.push((state[0]! / 12) * 18.016);
  }
  return glucose;
}

/** The reference run, every fifteenth minute: glucose, mg/dL, and the ten states. */
const REFERENCE = readVectors('hovorka-2004-day.csv').map(([minute, glucose, ...state]) => ({
  minute: Number(minute),
  glucose: Number(glucose),
  state: state.map(Number),
}));

test('the resting state is the closed form of the reference', () => {
  const expected = [
    66.60746003552403, 27.23044357696127, 385.2114565540267, 385.2114565540267, 5.639166396633388, 0.028872531950762947,
    0.004624116445239378, 0.29323665262493614, 0, 0,
  ];
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs(rest.state[index]! - value) < 1e-12 * Math.max(1, value), `state ${index}`);
  }
});

test('the equations are the reference: with its solver the run is met to 1e-9 mg/dL, with either renal term', () => {
  assert.equal(REFERENCE.length, 97);
  for (const renalExcretion of [paperRenalExcretion, loopInsightRenalExcretion]) {
    const replayed = replayWithReferenceSolver(renalExcretion);
    for (const { minute, glucose } of REFERENCE) {
      assert.ok(Math.abs(replayed[minute]! - glucose) < 1e-9, `minute ${minute}: ${replayed[minute]}`);
    }
  }
});

test('the reference never reaches 9 mmol/L, so it says nothing of the renal term', () => {
  const highest = Math.max(...replayWithReferenceSolver(loopInsightRenalExcretion));
  assert.ok(highest < 9 * 18.016, `${highest} mg/dL`);
});

test('our plant meets the reference to 0.001 mg/dL from its own state before the meal', () => {
  const plant = createHovorka2004Plant(MEAN_SUBJECT, rest.state, 0.5);
  for (const { minute, glucose } of REFERENCE.filter((row) => row.minute > 0 && row.minute <= 420)) {
    while (plant.minute < minute) plant.advance({ insulin: 0.4 / 60, carbohydrates: 0, insulinSensitivity: 1 });
    assert.ok(Math.abs(plant.plasmaGlucose - glucose) < 1e-3, `minute ${minute}: ${plant.plasmaGlucose}`);
  }
});

test('our plant is within the error of the reference solver after the meals', () => {
  for (const [from, to] of [
    [435, 720],
    [735, 1080],
    [1095, 1440],
  ] as const) {
    const start = REFERENCE.find(({ minute }) => minute === from)!;
    const plant = createHovorka2004Plant(MEAN_SUBJECT, Float64Array.from([...start.state, 5]), 0.5);
    for (const { minute, glucose } of REFERENCE.filter((row) => row.minute > from && row.minute <= to)) {
      while (plant.minute < minute - from)
        plant.advance({ insulin: 0.4 / 60, carbohydrates: 0, insulinSensitivity: 1 });
      assert.ok(Math.abs(plant.plasmaGlucose - glucose) < 0.02, `minute ${minute}: ${plant.plasmaGlucose}`);
    }
  }
});

test('above 9 mmol/L the paper excretes the volume times more than the reference software', () => {
  assert.equal(paperRenalExcretion(9, 12), 0);
  assert.ok(Math.abs(paperRenalExcretion(15, 12) - 12 * loopInsightRenalExcretion(15, 12)) < 1e-12);
  const peakWith = (renalExcretion: RenalExcretion): number => {
    const plant = createHovorka2004Plant(MEAN_SUBJECT, rest.state, 1, renalExcretion);
    let peak = 0;
    for (let minute = 0; minute < 300; minute += 1) {
      plant.advance({ insulin: 0.4 / 60, carbohydrates: minute < 20 ? 5 : 0, insulinSensitivity: 1 });
      peak = Math.max(peak, plant.plasmaGlucose);
    }
    return peak;
  };
  assert.ok(peakWith(paperRenalExcretion) < peakWith(loopInsightRenalExcretion) - 20);
});

test('a fixed step of 1 min is within 0.001 mg/dL of the reference integrator', () => {
  const drive: Hovorka2004Drive = { infusion: 0, intake: 0, sensitivity: 1 };
  const precise = createDormandPrince54(11, createHovorka2004Derivative(MEAN_SUBJECT, drive));
  const state = rest.state.slice();
  const plant = createHovorka2004Plant(MEAN_SUBJECT, rest.state, 1);
  for (let minute = 0; minute < 300; minute += 1) {
    const carbohydrates = minute >= 30 && minute < 40 ? 3 : 0;
    const insulin = minute === 30 ? 2 : 0.4 / 60;
    Object.assign(drive, { infusion: insulin * 1000, intake: carbohydrates / 0.18016, sensitivity: 1.2 });
    plant.advance({ insulin, carbohydrates, insulinSensitivity: 1.2 });
    precise(minute, state, 1);
  }
  assert.ok(Math.abs((state[0]! / 12) * 18.016 - plant.plasmaGlucose) < 1e-3);
});
