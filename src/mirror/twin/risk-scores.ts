import type { Fraction, Minutes } from '#base/units';

/** Risks are stated for this long from now on. */
export const RISK_HORIZON_MIN: Minutes = 240;

/**
 * What the forecasts of attack-free days were worth, one entry for each forecast. Plain data, bounded. A nearness is a number of
 * deviations, see `nearness`.
 */
export interface RiskScores {
  /** When it was made. */
  readonly minuteOfDay: readonly Minutes[];
  /** How near it had come to the level of each situation. */
  readonly near: Readonly<Record<string, readonly number[]>>;
  /** How near it had come to the lowest and to the highest glucose of the hours that followed: its scores. */
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
}

/** Forecasts of attack-free days with what became of them, for one situation. */
export interface Experience {
  readonly minuteOfDay: readonly Minutes[];
  readonly near: readonly number[];
  readonly scores: readonly number[];
}

/** A probability with the 90 % interval that the days behind it leave. */
export interface Stated {
  readonly probability: Fraction;
  readonly low: Fraction;
  readonly high: Fraction;
}

/** Minutes between one forecast that is kept and the next; those made meanwhile would say nearly the same. */
export const SPACING_MIN: Minutes = 15;

const DAY_MIN: Minutes = 1_440;
/** A forecast made at the same minute of a day counts most, one made two hours away or further least: meals have their hours. */
const HOURS_ALIKE_MIN: Minutes = 120;
const OTHER_HOURS: Fraction = 0.03;
/** Likewise one that came as near to the level, and one that differs by half a deviation, or by a third of how near it is now. */
const NEARNESS_ALIKE = 0.5;
const NEARNESS_ALIKE_SHARE: Fraction = 1 / 3;
const OTHER_NEARNESS: Fraction = 0.03;
/**
 * Conformal prediction adds one score to those seen, at the worst place; with few days behind it the least risk that could be
 * stated would be one in a dozen. Here the one that is added is spread as scores are on the whole, with heavy tails.
 */
const ADDED_WINDOWS = 1;
const ADDED_CENTRE = -0.5;
const ADDED_SPREAD = 0.45;
/** Half width of the interval in standard deviations. */
const DEVIATE_90 = 1.6449;

/** Steps in which a command is taken from no effect to its full one. */
const STEP = 1 / 16;

/** How near a forecast comes to a level if nothing is done, and with the command. */
export interface Approach {
  readonly minuteOfDay: Minutes;
  readonly unchanged: number;
  readonly changed: number;
}

/**
 * Probability that glucose passes a level, told from forecasts alike. Never 0; 1 where a nearness is not a number.
 *
 * INVARIANT: what brings the level nearer never has a smaller risk than what brings it less near, and nothing done has its own.
 * Experience alone does not say so: at very high glucose low glucose often follows, by what is then given against it. So the
 * greatest risk on the way from doing nothing to the whole command is stated; the least, where a command leads away.
 */
export function stateRisk(experience: Experience, { minuteOfDay, unchanged, changed }: Approach): Stated {
  if (!Number.isFinite(unchanged) || !Number.isFinite(changed)) return { probability: 1, low: 0, high: 1 };
  const hours = experience.minuteOfDay.map((minute) => hourWeight(apart(minute, minuteOfDay)));
  const leads = changed >= unchanged ? 1 : -1;
  const steps = leads > 0 ? Math.ceil((changed - unchanged) / STEP) : Math.floor((unchanged - changed) / STEP);
  let stated = amongAlike(experience, hours, unchanged);
  for (let step = 1; step <= steps; step += 1) {
    const here = amongAlike(experience, hours, unchanged + leads * step * STEP);
    if (leads * (here.probability - stated.probability) > 0) stated = here;
  }
  return { probability: stated.probability, ...wilson(stated.probability, stated.trials) };
}

/**
 * The conformal p-value of the score that would reach the level, among forecasts made at a like hour that came as near to it.
 *
 * Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005), for the p-value; Tibshirani et al., Adv Neural Inf
 * Process Syst 32 (2019), for weights; what counts as the number of forecasts is that of disjoint windows, after Kish (1965).
 * The constants were chosen on lives that the published table does not use: docs/measurements.md.
 */
function amongAlike({ near, scores }: Experience, hours: readonly Fraction[], nearness: number) {
  let sum = 0;
  let squares = 0;
  let passed = 0;
  const alike = Math.max(NEARNESS_ALIKE, NEARNESS_ALIKE_SHARE * Math.abs(nearness));
  for (let index = 0; index < scores.length; index += 1) {
    const place = OTHER_NEARNESS + Math.max(0, 1 - Math.abs(near[index]! - nearness) / alike);
    const weight = hours[index]! * place;
    sum += weight;
    squares += weight * weight;
    if (scores[index]! <= nearness) passed += weight;
  }
  const windows = ((sum * sum) / squares) * (SPACING_MIN / RISK_HORIZON_MIN);
  const trials = windows + ADDED_WINDOWS;
  const probability = (windows * (passed / sum) + ADDED_WINDOWS * addedBelow(nearness)) / trials;
  return { probability, trials };
}

const hourWeight = (minutes: Minutes): Fraction => OTHER_HOURS + Math.max(0, 1 - minutes / HOURS_ALIKE_MIN);

function apart(one: Minutes, other: Minutes): Minutes {
  const minutes = Math.abs(one - other) % DAY_MIN;
  return Math.min(minutes, DAY_MIN - minutes);
}

/** Distribution function of Student's t with two degrees of freedom. */
function addedBelow(nearness: number): Fraction {
  const x = (nearness - ADDED_CENTRE) / ADDED_SPREAD;
  return (1 + x / Math.hypot(Math.SQRT2, x)) / 2;
}

/** Wilson, J Am Stat Assoc 22 (1927) 209-212. */
function wilson(probability: Fraction, trials: number): { readonly low: Fraction; readonly high: Fraction } {
  const perTrial = DEVIATE_90 ** 2 / trials;
  const centre = (probability + perTrial / 2) / (1 + perTrial);
  const half = Math.sqrt(perTrial * (probability * (1 - probability) + perTrial / 4)) / (1 + perTrial);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
