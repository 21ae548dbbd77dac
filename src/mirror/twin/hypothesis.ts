import { Fault } from '#base/fault';
import { DAY, HOUR, MINUTE, type Millis } from '#base/time';
import type { Grams, Minutes, Units, UnitsPerHour } from '#base/units';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { INSULIN_PUMP, reportedValue, type Twin } from './twin.ts';

/** One thing that is done differently on a fork. */
export type Change =
  /** Delivery goes on at the basal rate now in force. */
  | { readonly kind: 'none' }
  /** Basal by the pump's profile, without a controller. */
  | { readonly kind: 'profile-basal' }
  | { readonly kind: 'bolus'; readonly units: Units }
  | { readonly kind: 'temporary-basal'; readonly rate: UnitsPerHour; readonly durationMin: Minutes }
  | { readonly kind: 'suspend'; readonly durationMin: Minutes }
  | { readonly kind: 'meal'; readonly grams: Grams };

/** A change that begins in the estimator's step that `startMin` after the estimate falls into. */
export interface TimedChange {
  readonly startMin: Minutes;
  readonly change: Change;
}

/** What is tried on a fork, from its present estimate on: one change at once, or several in their time. */
export type Hypothesis = Change | { readonly kind: 'combined'; readonly changes: readonly TimedChange[] };

/** What the hypothesis gives the body in one step of the estimator. */
export interface StepInputs {
  readonly insulin: Units;
  readonly carbohydrates: Grams;
}

/** More than anybody tries at once; each is looked at in every step. */
export const MOST_CHANGES = 16;

/**
 * The changes in the order in which they begin.
 * @throws Fault `fork.too-many-changes`, `fork.bad-start`
 */
export function changesOf(hypothesis: Hypothesis): readonly TimedChange[] {
  if (hypothesis.kind !== 'combined') return [{ startMin: 0, change: hypothesis }];
  const { changes } = hypothesis;
  if (changes.length > MOST_CHANGES) {
    throw new Fault(
      'fork.too-many-changes',
      `fork: \`${changes.length}\` changes, at most \`${MOST_CHANGES}\` are tried at once: leave some out`,
      { changes: changes.length },
    );
  }
  const early = changes.find(({ startMin }) => !(startMin >= 0 && Number.isFinite(startMin)));
  if (early !== undefined) {
    throw new Fault(
      'fork.bad-start',
      `fork: a change cannot begin at \`${early.startMin}\` min: state minutes from the estimate on, 0 or more`,
      { startMin: early.startMin },
    );
  }
  return changes.toSorted((a, b) => a.startMin - b.startMin);
}

/**
 * What the changes, in order, give in the step of that index; `rate` is the basal rate in force at the start. Boluses and
 * meals add up. Of the changes of the basal rate a later one replaces an earlier one; one that ends leaves the profile.
 */
export function inputsOfStep(
  twin: Twin,
  changes: readonly TimedChange[],
  rate: UnitsPerHour,
  from: Millis,
  index: number,
): StepInputs {
  const sinceMin = index * ESTIMATOR_STEP_MIN;
  let basal = rate;
  let bolus: Units = 0;
  let carbohydrates: Grams = 0;
  for (const { startMin, change } of changes) {
    const first = Math.floor(startMin / ESTIMATOR_STEP_MIN);
    if (index < first) break;
    switch (change.kind) {
      case 'none':
        break;
      case 'profile-basal':
        basal = profileRate(twin, from, sinceMin, rate);
        break;
      case 'bolus':
        if (index === first) bolus += change.units;
        break;
      case 'meal':
        if (index === first) carbohydrates += change.grams;
        break;
      case 'temporary-basal':
      case 'suspend': {
        const goesOn = sinceMin - first * ESTIMATOR_STEP_MIN < change.durationMin;
        const during = change.kind === 'suspend' ? 0 : change.rate;
        basal = goesOn ? during : profileRate(twin, from, sinceMin, rate);
        break;
      }
    }
  }
  return { insulin: basal * (ESTIMATOR_STEP_MIN / 60) + bolus, carbohydrates };
}

/** The programmed rate at that time of the pump's day; `otherwise` where no profile is known. */
function profileRate(twin: Twin, from: Millis, sinceMin: Minutes, otherwise: UnitsPerHour): UnitsPerHour {
  const reported = reportedValue(twin, INSULIN_PUMP, 'basalProfile');
  const profile = Array.isArray(reported) ? (reported as readonly number[]) : twin.commissioned!.basalProfile;
  const hour = Math.floor(((from + sinceMin * MINUTE) % DAY) / HOUR);
  return profile[hour] ?? otherwise;
}
