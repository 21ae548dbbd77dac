import type { Random } from '#base/random';
import type { Fraction, Minutes } from '#base/units';
import type { ActivityWindow } from './day-plan.ts';

export interface InsulinSensitivityOptions {
  /** Coefficient of variation from one day to the next. */
  readonly dayToDay?: Fraction;
  /** The most by which a person's sensitivity is lower in the early morning; each person draws an own depth below it. */
  readonly dawnDepth?: Fraction;
}

/**
 * Day to day: Ruan et al., Diabetes Care 39 (2016) 830-832, found a coefficient of variation of 17 % (SD 3) in the insulin a
 * closed loop gave 32 adults per day, 22 % by day, 31 % by night. That contains meals and activity, which are drawn on their
 * own here, so less is left for sensitivity; 10 % is this project's share of it.
 *
 * Within the day: insulin sensitivity is lower at breakfast (Hinshaw et al., Diabetes 62 (2013) 2223-2229), and glucose rises
 * towards morning (the dawn phenomenon, in the simulator of Visentin et al., J Diabetes Sci Technol 12 (2018) 273-281). The
 * depth is this project's figure.
 */
export const DEFAULT_INSULIN_SENSITIVITY = {
  dayToDay: 0.1,
  dawnDepth: 0.2,
} as const satisfies Required<InsulinSensitivityOptions>;

/** 1 is the sensitivity the person's therapy was set for; the average over a quiet day. */
export type SensitivityAt = (minute: Minutes) => Fraction;

const DAY: Minutes = 1440;
/** The hour sensitivity is lowest, between waking and breakfast. */
const DAWN_MINUTE: Minutes = 6.5 * 60;
/** Days differ, but not from one minute to the next: the level moves over the four hours after midnight. */
const CHANGEOVER: Minutes = 240;
/** Activity acts within a quarter of an hour and wears off over some hours; assumptions. */
const ACTIVITY_ONSET: Minutes = 15;
const ACTIVITY_DECAY: Minutes = 120;
const ACTIVITY_MEMORY: Minutes = 6 * ACTIVITY_DECAY;

/**
 * The product of three things: the hour, the day, and what activity leaves behind. A function of the minute alone, so it can be
 * asked in any order; the days draw from streams of their own, so a longer run sees the same days.
 */
export function createInsulinSensitivity(
  random: Random,
  activities: readonly ActivityWindow[] = [],
  options: InsulinSensitivityOptions = {},
): SensitivityAt {
  const { dayToDay, dawnDepth } = { ...DEFAULT_INSULIN_SENSITIVITY, ...options };
  const depth = random.fork('dawn').uniform(0, dawnDepth);
  const deviation = Math.sqrt(Math.log(1 + dayToDay * dayToDay));
  const levels = new Map<number, number>();
  const logLevelOf = (day: number): number => {
    const known = levels.get(day);
    if (known !== undefined) return known;
    // Two standard deviations bound it; the mean of the factor itself, not of its logarithm, is 1.
    const deviate = Math.min(2, Math.max(-2, random.fork(`day-${day}`).normal()));
    const level = deviation * deviate - (deviation * deviation) / 2;
    levels.set(day, level);
    return level;
  };

  const ofDay = (minute: Minutes): Fraction => {
    const day = Math.floor(minute / DAY);
    const since = minute - day * DAY;
    const today = logLevelOf(day);
    if (since >= CHANGEOVER || day === 0) return Math.exp(today);
    const share = (1 - Math.cos((Math.PI * since) / CHANGEOVER)) / 2;
    return Math.exp(logLevelOf(day - 1) * (1 - share) + today * share);
  };
  /** Lowest at dawn, highest in the evening, 1 on average. */
  const ofHour = (minute: Minutes): Fraction => 1 - depth * Math.cos((2 * Math.PI * (minute - DAWN_MINUTE)) / DAY);
  const ofActivity = (minute: Minutes): Fraction =>
    activities.reduce((factor, activity) => factor * activityEffect(activity, minute), 1);

  return (minute) => ofDay(minute) * ofHour(minute) * ofActivity(minute);
}

function activityEffect({ startMin, endMin, sensitivity }: ActivityWindow, minute: Minutes): Fraction {
  if (minute <= startMin || minute > endMin + ACTIVITY_MEMORY) return 1;
  const reached = (sensitivity - 1) * Math.min(1, (Math.min(minute, endMin) - startMin) / ACTIVITY_ONSET);
  return minute <= endMin ? 1 + reached : 1 + reached * Math.exp(-(minute - endMin) / ACTIVITY_DECAY);
}
