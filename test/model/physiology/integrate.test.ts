import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createDormandPrince54,
  createRungeKutta4,
  type Derivative,
  type Stepper,
  stepsPerMinute,
} from '#model/physiology/integrate';

/** A pendulum of angular frequency 1: the state turns on a circle. */
const circle: Derivative = (_time, x, dx) => {
  dx[0] = x[1]!;
  dx[1] = -x[0]!;
};
const quarterTurn = (move: Stepper, steps: number): number => {
  const state = Float64Array.of(0, 1);
  const step = Math.PI / 2 / steps;
  for (let index = 0; index < steps; index += 1) move(index * step, state, step);
  return Math.hypot(state[0]! - 1, state[1]!);
};

test('Runge-Kutta is of order four: half the step, a sixteenth of the error', () => {
  const ratio = quarterTurn(createRungeKutta4(2, circle), 20) / quarterTurn(createRungeKutta4(2, circle), 40);
  assert.ok(ratio > 15 && ratio < 17, `${ratio}`);
});

test('Runge-Kutta takes a cubic of time exactly', () => {
  const state = Float64Array.of(0);
  createRungeKutta4(1, (time, _x, dx) => {
    dx[0] = 4 * time ** 3;
  })(1, state, 2);
  assert.ok(Math.abs(state[0]! - (81 - 1)) < 1e-12);
});

test('Dormand-Prince keeps its tolerance over many turns', () => {
  const state = Float64Array.of(0, 1);
  createDormandPrince54(2, circle)(0, state, 20 * Math.PI);
  assert.ok(Math.hypot(state[0]!, state[1]! - 1) < 1e-7);
});

test('Dormand-Prince finds its steps through a kink and through fast decay', () => {
  const kinked = Float64Array.of(0);
  createDormandPrince54(1, (time, _x, dx) => {
    dx[0] = time < 0.3 ? 0 : 1;
  })(0, kinked, 1);
  assert.ok(Math.abs(kinked[0]! - 0.7) < 1e-8);
  const decaying = Float64Array.of(1);
  createDormandPrince54(1, (_time, x, dx) => {
    dx[0] = -200 * x[0]!;
  })(0, decaying, 1);
  assert.ok(Math.abs(decaying[0]!) < 1e-9);
});

test('a problem out of reach stops at the bound instead of running on', () => {
  const move = createDormandPrince54(1, (_time, x, dx) => (dx[0] = -1e9 * x[0]!), {
    relative: 1e-10,
    absolute: 1e-10,
    maxSteps: 100,
  });
  assert.throws(() => move(0, Float64Array.of(1), 1), /at most `100` steps/);
});

test('a step divides the minute', () => {
  assert.deepEqual([1, 0.5, 0.25, 0.2, 1 / 3].map(stepsPerMinute), [1, 2, 4, 5, 3]);
  for (const step of [0, -1, 0.3, 2, Number.NaN]) assert.throws(() => stepsPerMinute(step), /divides one minute/);
});
