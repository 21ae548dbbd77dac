import { MINUTE, type Millis } from '#base/time';
import type { Fraction, Grams, Units } from '#base/units';
import type { IdentifiedParameters } from './commissioned-model.ts';
import type { Decays } from './decays.ts';
import { doubles } from './doubles.ts';
import { advanceGut, advanceInsulin, DRIVEN, MEAN_APPEARANCE, MEAN_EFFECT, STOMACH } from './glucose-model.ts';
import type { Linearisation } from './kalman.ts';

/**
 * Generalised likelihood ratio over onset times (Willsky and Jones, IEEE Trans Autom Control 21 (1976) 108-112). For each
 * hypothesis "from this onset on, a fraction of the reported insulin did not act" the expected course of the innovations
 * follows from the filter's own linear steps; how well the innovations fit it, for the best fraction, is the evidence. The
 * rival explanation, a meal of any plausible size that nobody announced (or an announced one that was not eaten), is
 * weighed in the same way, and only what it leaves unexplained counts.
 */

/** How well "reported insulin is not what acts" explains the readings, beyond what a meal would. */
export interface DeliveryEvidence {
  readonly missing: DeliveryHypothesis;
  readonly excess: DeliveryHypothesis;
}

export interface DeliveryHypothesis {
  /** Log-likelihood ratio against "about as reported", less that of the best meal; at least 0. */
  readonly evidence: number;
  /** Fraction of the reported insulin that seems not to act (missing), or to act on top (excess). */
  readonly fraction: Fraction;
  /** Onset of the hypothesis that fits best. */
  readonly since: Millis;
}

/** Onsets are tried at this spacing, and forgotten after `ONSETS` of it: a slower fault is the divergence rule's business. */
export const ONSET_SPACING: Millis = 45 * MINUTE;
export const ONSETS = 20;

/** Insulin's effect varies this much from hour to hour and day to day without any fault. */
export const TOLERATED_MISSING: Fraction = 0.4;
export const TOLERATED_EXCESS: Fraction = 0.2;
const MOST_MISSING: Fraction = 1;
const MOST_EXCESS: Fraction = 4;
export const LARGEST_MEAL: Grams = 120;

/**
 * The part of a meal's evidence that is held against a fault. Not all of it: a fault that has gone on for hours also looks
 * somewhat like a meal, and the sum of what a fault and a meal explain is not known from each alone. The joint test (both
 * sizes fitted together) was measured too: slower by 6 us a message and no better.
 */
const MEAL_SHARE_MISSING = 0.3;
const MEAL_SHARE_EXCESS = 0.5;

/** One hypothesis: its onset, the driven block of what it adds, the deviation it causes, and the fit so far. */
const ONSET = 0;
const BLOCK = 1;
const DEVIATION = BLOCK + DRIVEN;
const FIT = DEVIATION + 4;
const INFORMATION = FIT + 1;
const ANNOUNCED = FIT + 2;
const HYPOTHESIS = FIT + 3;

/** Insulin hypotheses first, meals after them; each half is a ring by onset. */
export const EVIDENCE = 2 * ONSETS * HYPOTHESIS;

const NOT_STARTED = -1;

export function noEvidence(): number[] {
  const bank = doubles(EVIDENCE);
  for (let slot = 0; slot < 2 * ONSETS; slot += 1) bank[slot * HYPOTHESIS + ONSET] = NOT_STARTED;
  return bank;
}

/** Opens the hypotheses whose onset is the grid point in `(from, to]`, if there is one, over the oldest. */
export function openOnsets(bank: number[], from: Millis, to: Millis, announced: Grams): void {
  const index = Math.floor(to / ONSET_SPACING);
  const slot = index % ONSETS;
  const meal = (ONSETS + slot) * HYPOTHESIS;
  if (index !== Math.floor(from / ONSET_SPACING)) {
    const insulin = slot * HYPOTHESIS;
    bank.fill(0, insulin, insulin + HYPOTHESIS);
    bank.fill(0, meal, meal + HYPOTHESIS);
    bank[insulin + ONSET] = to;
    bank[meal + ONSET] = to;
    bank[meal + BLOCK + STOMACH] = 1;
  }
  bank[meal + ANNOUNCED] = bank[meal + ANNOUNCED]! + announced;
}

/** Follows every hypothesis through the filter's step; `insulin` is what was reported for it. */
export function followStep(
  bank: number[],
  parameters: IdentifiedParameters,
  decays: Decays,
  insulin: Units,
  sensitivity: number,
  linear: Linearisation,
): void {
  const perEffect = (1 + sensitivity) * linear.meanGlucose * linear.byDisturbance;
  for (let slot = 0; slot < 2 * ONSETS; slot += 1) {
    const base = slot * HYPOTHESIS;
    if (bank[base + ONSET] === NOT_STARTED) continue;
    let forcing: number;
    if (slot < ONSETS) {
      advanceInsulin(bank, base + BLOCK, parameters, decays, insulin);
      forcing = bank[base + BLOCK + MEAN_EFFECT]! * perEffect;
    } else {
      advanceGut(bank, base + BLOCK, parameters, decays, 0);
      forcing = bank[base + BLOCK + MEAN_APPEARANCE]! * linear.byDisturbance;
    }
    const at = base + DEVIATION;
    const disturbance = bank[at + 1]!;
    const effect = bank[at + 2]!;
    const glucose =
      linear.keepGlucose * bank[at]! + linear.byDisturbance * disturbance + linear.bySensitivity * effect + forcing;
    const colour = linear.keepColour * bank[at + 3]!;
    const expected = glucose + colour;
    bank[at] = glucose - linear.gainGlucose * expected;
    bank[at + 1] = linear.keepDisturbance * disturbance - linear.gainDisturbance * expected;
    bank[at + 2] = linear.keepSensitivity * effect - linear.gainSensitivity * expected;
    bank[at + 3] = colour - linear.gainColour * expected;
    if (linear.variance > 0) {
      const share = (linear.weight * expected) / linear.variance;
      bank[base + FIT] = bank[base + FIT]! + share * linear.innovation;
      bank[base + INFORMATION] = bank[base + INFORMATION]! + share * expected;
    }
  }
}

/** Log-likelihood ratio of the best size within `[low, high]` against none. */
function bestFit(fit: number, information: number, low: number, high: number): number {
  if (information <= 0) return 0;
  const size = Math.min(high, Math.max(low, fit / information));
  return size * fit - (size * size * information) / 2;
}

/** Weighs the bank. */
export function weigh(bank: readonly number[]): DeliveryEvidence {
  let meal = 0;
  for (let slot = ONSETS; slot < 2 * ONSETS; slot += 1) {
    const base = slot * HYPOTHESIS;
    if (bank[base + ONSET] === NOT_STARTED) continue;
    const gain = bestFit(bank[base + FIT]!, bank[base + INFORMATION]!, -bank[base + ANNOUNCED]!, LARGEST_MEAL);
    if (gain > meal) meal = gain;
  }
  return {
    missing: strongest(bank, MEAL_SHARE_MISSING * meal, TOLERATED_MISSING, MOST_MISSING, 1),
    excess: strongest(bank, MEAL_SHARE_EXCESS * meal, TOLERATED_EXCESS, MOST_EXCESS, -1),
  };
}

function strongest(
  bank: readonly number[],
  meal: number,
  tolerated: number,
  most: number,
  sign: 1 | -1,
): DeliveryHypothesis {
  let evidence = 0;
  let fraction = 0;
  let since = 0;
  for (let slot = 0; slot < ONSETS; slot += 1) {
    const base = slot * HYPOTHESIS;
    if (bank[base + ONSET] === NOT_STARTED) continue;
    const fit = sign * bank[base + FIT]!;
    const information = bank[base + INFORMATION]!;
    if (information <= 0) continue;
    const gain = bestFit(fit, information, tolerated, most) - bestFit(fit, information, 0, tolerated);
    if (gain - meal <= evidence) continue;
    evidence = gain - meal;
    fraction = Math.min(most, fit / information);
    since = bank[base + ONSET]!;
  }
  return { evidence, fraction, since };
}
