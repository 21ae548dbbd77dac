import { assert } from '#base/assert';
import type { Minutes } from '#base/units';

/** Writes dx/dt at `(time, state)` into `derivative`; allocates nothing and keeps neither array. */
export type Derivative = (time: Minutes, state: Float64Array, derivative: Float64Array) => void;

/** Moves `state` in place from `time` to `time + step`. */
export type Stepper = (time: Minutes, state: Float64Array, step: Minutes) => void;

/** How many equal steps make one minute. INVARIANT: a step divides the minute, so that a minute's inputs are never split. */
export function stepsPerMinute(stepMin: Minutes): number {
  const steps = Math.round(1 / stepMin);
  assert(
    stepMin > 0 && stepMin <= 1 && Math.abs(steps * stepMin - 1) < 1e-9,
    `the integration step \`${stepMin}\` min divides one minute`,
  );
  return steps;
}

const MAX_REFINEMENT = 4096;

/**
 * Into how many equal parts (a power of two) a fixed step is cut so that the fastest rate times the step stays at most 1.
 * Runge-Kutta of order four grows without bound past 2.78: after an overdose, far beyond any therapy, uptake gets that fast, and
 * an attacked patient must not come out of it with glucose made up by the integrator. Therapy is never cut: the answer is 1.
 */
export function refinementFor(rateTimesStep: number): number {
  let parts = 1;
  while (parts < rateTimesStep && parts < MAX_REFINEMENT) parts *= 2;
  return parts;
}

/** Classical Runge-Kutta, order 4, fixed step; scratch is allocated once. */
export function createRungeKutta4(dimension: number, derivative: Derivative): Stepper {
  const k1 = new Float64Array(dimension);
  const k2 = new Float64Array(dimension);
  const k3 = new Float64Array(dimension);
  const k4 = new Float64Array(dimension);
  const stage = new Float64Array(dimension);
  const moveStage = (state: Float64Array, slope: Float64Array, by: number): void => {
    for (let index = 0; index < dimension; index += 1) stage[index] = state[index]! + by * slope[index]!;
  };
  return (time, state, step) => {
    derivative(time, state, k1);
    moveStage(state, k1, step / 2);
    derivative(time + step / 2, stage, k2);
    moveStage(state, k2, step / 2);
    derivative(time + step / 2, stage, k3);
    moveStage(state, k3, step);
    derivative(time + step, stage, k4);
    for (let index = 0; index < dimension; index += 1) {
      state[index]! += (step / 6) * (k1[index]! + 2 * (k2[index]! + k3[index]!) + k4[index]!);
    }
  };
}

export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
  /** A bound on the steps of one call; more means that the problem is stiff or the tolerance out of reach. */
  readonly maxSteps: number;
}

const REFERENCE_TOLERANCE: Tolerance = { relative: 1e-10, absolute: 1e-10, maxSteps: 100_000 };

/** Nodes, stage weights, 5th-order weights and error weights of Dormand and Prince, J Comput Appl Math 6 (1980) 19-26. */
const NODES = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const STAGES = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const ERROR = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/**
 * Dormand-Prince 5(4) with step control. The returned stepper covers `step` minutes to the tolerance in as many inner steps
 * as that takes. It is the reference the fixed-step plants are tested against; nothing runs on it in an exercise.
 * @throws InvariantError past `maxSteps`
 */
export function createDormandPrince54(
  dimension: number,
  derivative: Derivative,
  tolerance: Tolerance = REFERENCE_TOLERANCE,
): Stepper {
  const slopes = NODES.map(() => new Float64Array(dimension));
  const stage = new Float64Array(dimension);

  /** Leaves the 5th-order solution in `stage`; returns the error estimate over the tolerance (accept when at most 1). */
  const attempt = (time: Minutes, state: Float64Array, step: Minutes): number => {
    derivative(time, state, slopes[0]!);
    for (let row = 1; row < NODES.length; row += 1) {
      const weights = STAGES[row]!;
      for (let index = 0; index < dimension; index += 1) {
        let sum = 0;
        for (let column = 0; column < row; column += 1) sum += weights[column]! * slopes[column]![index]!;
        stage[index] = state[index]! + step * sum;
      }
      derivative(time + NODES[row]! * step, stage, slopes[row]!);
    }
    let worst = 0;
    for (let index = 0; index < dimension; index += 1) {
      let sum = 0;
      for (let row = 0; row < NODES.length; row += 1) sum += ERROR[row]! * slopes[row]![index]!;
      const magnitude = Math.max(Math.abs(state[index]!), Math.abs(stage[index]!));
      worst = Math.max(worst, Math.abs(step * sum) / (tolerance.absolute + tolerance.relative * magnitude));
    }
    return worst;
  };

  return (time, state, step) => {
    let done = 0;
    let inner = step;
    for (let count = 0; done < step; count += 1) {
      assert(count < tolerance.maxSteps, `the reference integrator needs at most \`${tolerance.maxSteps}\` steps`);
      inner = Math.min(inner, step - done);
      const error = attempt(time + done, state, inner);
      if (error <= 1) {
        state.set(stage);
        // Guards against a remainder too small to change the clock.
        done = step - done - inner < 1e-12 ? step : done + inner;
      }
      inner *= Math.min(5, Math.max(0.2, 0.9 * (error + 1e-12) ** -0.2));
    }
  };
}
