import type { Millis } from '#base/time';
import type { Minutes } from '#base/units';
import { decaysOf } from './decays.ts';
import { doubles } from './doubles.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { advanceGut, advanceInsulin } from './glucose-model.ts';
import { changesOf, type Hypothesis, inputsOfStep } from './hypothesis.ts';
import { numberOf, takeUp } from './intake.ts';
import { createLinearisation, ESTIMATE, predict } from './kalman.ts';
import { HANDSET, INSULIN_PUMP, type Twin } from './twin.ts';

/** Longer horizons are cut: the body will have changed its mind. */
export const LONGEST_HORIZON_MIN: Minutes = 24 * 60;

const estimate = doubles(ESTIMATE);
const linear = createLinearisation();

export const stepsFor = (horizonMin: Minutes): number =>
  Math.ceil(Math.min(horizonMin, LONGEST_HORIZON_MIN) / ESTIMATOR_STEP_MIN);

/**
 * Carries a hypothesis out on a copy of the twin's estimate and shows it after every step, laid out by `kalman.ts`; the array
 * is used again for the next one. Returns the time it started from, or undefined while the twin cannot predict. Insulin and
 * carbohydrates reported since the estimate are counted in; meals to come are not known and not assumed.
 */
export function project(
  twin: Twin,
  hypothesis: Hypothesis,
  steps: number,
  each: (index: number, estimate: readonly number[]) => void,
): Millis | undefined {
  const { commissioned: model, predicted: state } = twin;
  if (model === undefined || state === undefined) return undefined;
  const { parameters, variances } = model;
  const changes = changesOf(hypothesis);
  const pump = twin.reported[INSULIN_PUMP];
  const rate = numberOf(pump, 'basalRate') ?? model.meanInsulinRate;
  const outstanding = takeUp(twin.intake, pump, twin.reported[HANDSET], state.at, 0);
  const decays = decaysOf(parameters, variances, ESTIMATOR_STEP_MIN);
  for (let index = 0; index < ESTIMATE; index += 1) estimate[index] = state.estimate[index]!;
  for (let index = 0; index < steps; index += 1) {
    const { insulin, carbohydrates } = inputsOfStep(twin, changes, rate, state.at, index);
    const pending = index === 0 ? outstanding : undefined;
    advanceInsulin(estimate, 0, parameters, decays, insulin + (pending?.insulin ?? 0));
    advanceGut(estimate, 0, parameters, decays, carbohydrates + (pending?.carbohydrates ?? 0));
    predict(estimate, parameters, variances, decays, linear);
    each(index, estimate);
  }
  return state.at;
}
