import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advanceIdentifiable,
  GLUCOSE,
  GUT1,
  GUT2,
  IDENTIFIABLE_DIMENSION,
  identifiableBasal,
  identifiableSteadyState,
  KANDERIAN_SUBJECT_A,
  PLASMA_INSULIN,
  SUBCUTANEOUS_INSULIN,
} from '#model/physiology/identifiable-virtual-patient';
import { createDormandPrince54, type Derivative } from '#model/physiology/integrate';

const p = KANDERIAN_SUBJECT_A;

/** The equations as published, with the meal as two compartments of the same time constant. */
const derivative =
  (insulin: number, carbohydrates: number): Derivative =>
  (_time, x, dx) => {
    const [sc, ip, effect, glucose, gut1, gut2] = x as unknown as [number, number, number, number, number, number];
    dx[0] = ((insulin * 1e6) / p.CI - sc) / p.tau1;
    dx[1] = (sc - ip) / p.tau2;
    dx[2] = p.p2 * (p.SI * ip - effect);
    dx[3] = -(p.GEZI + effect) * glucose + p.EGP + gut2 / p.tauM / p.VG;
    dx[4] = carbohydrates * 1000 - gut1 / p.tauM;
    dx[5] = (gut1 - gut2) / p.tauM;
  };

test("basal insulin and resting glucose are each other's inverse, at the published figures", () => {
  const basal = identifiableBasal(p, 108.2);
  assert.ok(Math.abs(basal * 1000 - 25.04) < 0.1, `${basal * 1000} mU/min, published as 25.04`);
  assert.ok(Math.abs(identifiableSteadyState(p, basal)[GLUCOSE]! - 108.2) < 1e-9);
});

test('at rest it stays at rest, however long the step', () => {
  const state = identifiableSteadyState(p, 0.02);
  const before = state.slice();
  for (const duration of [0, 0.1, 1, 5, 17, 600])
    advanceIdentifiable(p, state, { insulin: 0.02, carbohydrates: 0 }, duration);
  for (const [index, value] of state.entries()) assert.ok(Math.abs(value - before[index]!) < 1e-9 * Math.max(1, value));
});

test('a step of any length is the reference integrator to 1e-4 mg/dL', () => {
  const expected = identifiableSteadyState(p, 0.02);
  const minutewise = expected.slice();
  const coarse = expected.slice();
  const phases = [
    { insulin: 4, carbohydrates: 0, duration: 1 },
    { insulin: 0.02, carbohydrates: 5, duration: 9 },
    { insulin: 0, carbohydrates: 0, duration: 60 },
    { insulin: 0.04, carbohydrates: 0, duration: 180 },
  ];
  for (const { duration, ...inputs } of phases) {
    createDormandPrince54(IDENTIFIABLE_DIMENSION, derivative(inputs.insulin, inputs.carbohydrates))(
      0,
      expected,
      duration,
    );
    for (let minute = 0; minute < duration; minute += 1) advanceIdentifiable(p, minutewise, inputs, 1);
    advanceIdentifiable(p, coarse, inputs, duration);
  }
  assert.ok(Math.abs(minutewise[GLUCOSE]! - expected[GLUCOSE]!) < 1e-6);
  assert.ok(Math.abs(coarse[GLUCOSE]! - expected[GLUCOSE]!) < 1e-4);
});

test('the insulin chain is the closed form of two compartments', () => {
  const state = new Float64Array(IDENTIFIABLE_DIMENSION);
  const bolus = 3;
  advanceIdentifiable(p, state, { insulin: bolus * 1000, carbohydrates: 0 }, 0.001);
  advanceIdentifiable(p, state, { insulin: 0, carbohydrates: 0 }, 90);
  const dose = (bolus * 1e6) / p.CI / p.tau1;
  const plasma = (dose * p.tau1 * (Math.exp(-90 / p.tau1) - Math.exp(-90 / p.tau2))) / (p.tau1 - p.tau2);
  assert.ok(Math.abs(state[SUBCUTANEOUS_INSULIN]! / (dose * Math.exp(-90 / p.tau1)) - 1) < 1e-4);
  assert.ok(Math.abs(state[PLASMA_INSULIN]! / plasma - 1) < 1e-4);
});

test('no carbohydrate is lost: what leaves the gut is what was eaten', () => {
  const state = new Float64Array(IDENTIFIABLE_DIMENSION);
  let appeared = 0;
  for (let minute = 0; minute < 1500; minute += 1) {
    const before = state[GUT1]! + state[GUT2]!;
    const intake = minute < 10 ? 5 : 0;
    advanceIdentifiable(p, state, { insulin: 0, carbohydrates: intake }, 1);
    appeared += before + intake * 1000 - state[GUT1]! - state[GUT2]!;
  }
  assert.ok(Math.abs(appeared - 50_000) < 1e-3);
});
