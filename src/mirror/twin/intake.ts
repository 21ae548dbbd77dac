import { MINUTE, type Millis } from '#base/time';
import type { Grams, Minutes, Units } from '#base/units';
import type { PropertyTable } from './twin.ts';

/**
 * What the estimator has already been told of the devices' counters. Insulin and carbohydrates enter it as differences of
 * what pump and handset report in total, so that a lost report loses nothing.
 */
export interface Intake {
  /** Of `basalDelivered + bolusDelivered`; undefined until the pump was heard. */
  readonly insulin?: Units;
  readonly pumpReceivedAt: Millis;
  /** Of `announcedCarbohydrates`; undefined until the handset was heard. */
  readonly carbohydrates?: Grams;
}

export const NOTHING_TAKEN_UP: Intake = { pumpReceivedAt: 0 };

/** A counter that jumps by more, or goes back by more, was reset or replaced: the new value is taken as it stands. */
const LARGEST_DOSE: Units = 60;
const LARGEST_STEP_BACK: Units = 3;
const LARGEST_MEAL: Grams = 300;
/** With the pump unheard of for longer than this, nothing is assumed delivered. */
const LONGEST_ASSUMED_MIN: Minutes = 6 * 60;

export interface Uptake {
  readonly intake: Intake;
  readonly insulin: Units;
  readonly carbohydrates: Grams;
}

/** What is new since the last uptake, `sinceMin` ago. While the pump is silent its last basal rate is assumed to go on. */
export function takeUp(
  intake: Intake,
  pump: PropertyTable | undefined,
  handset: PropertyTable | undefined,
  now: Millis,
  sinceMin: Minutes,
): Uptake {
  const dose = insulinSince(intake, pump, now, sinceMin);
  const announced = numberOf(handset, 'announcedCarbohydrates');
  const eaten = intake.carbohydrates === undefined ? 0 : (announced ?? 0) - intake.carbohydrates;
  const carbohydrates = eaten > 0 && eaten <= LARGEST_MEAL ? eaten : 0;
  return {
    intake: { ...dose.intake, ...(announced === undefined ? {} : { carbohydrates: announced }) },
    insulin: dose.insulin,
    carbohydrates,
  };
}

function insulinSince(
  intake: Intake,
  pump: PropertyTable | undefined,
  now: Millis,
  sinceMin: Minutes,
): { readonly intake: Intake; readonly insulin: Units } {
  const basal = numberOf(pump, 'basalDelivered');
  const bolus = numberOf(pump, 'bolusDelivered');
  if (pump === undefined || basal === undefined || bolus === undefined) return { intake, insulin: 0 };
  const pumpReceivedAt = Math.max(pump['basalDelivered']!.receivedAt, pump['bolusDelivered']!.receivedAt);
  const total = basal + bolus;
  const assumed = ((numberOf(pump, 'basalRate') ?? 0) / 60) * sinceMin;
  if (intake.insulin === undefined) return { intake: { insulin: total, pumpReceivedAt }, insulin: assumed };
  if (pumpReceivedAt === intake.pumpReceivedAt) {
    const insulin = (now - pumpReceivedAt) / MINUTE <= LONGEST_ASSUMED_MIN ? assumed : 0;
    return { intake: { insulin: intake.insulin + insulin, pumpReceivedAt }, insulin };
  }
  const difference = total - intake.insulin;
  if (difference > LARGEST_DOSE || difference < -LARGEST_STEP_BACK) {
    return { intake: { insulin: total, pumpReceivedAt }, insulin: assumed };
  }
  // What was assumed beyond what was delivered is taken back from the doses to come.
  const insulin = Math.max(0, difference);
  return { intake: { insulin: intake.insulin + insulin, pumpReceivedAt }, insulin };
}

/** The reported value of a property that holds a finite number. */
export function numberOf(table: PropertyTable | undefined, property: string): number | undefined {
  if (table === undefined || !Object.hasOwn(table, property)) return undefined;
  const value = table[property]!.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
