import { DAY, HOUR, MINUTE, type Millis } from '#base/time';
import type { Fraction } from '#base/units';
import type { NumberSample } from './property-samples.ts';

/** How a supply runs down, learnt from the days before its last value. Hours count from that value on. */
export interface Consumption {
  /** Whole days it rests on. */
  readonly days: number;
  /** Mean of a day, in the supply's own unit. */
  readonly perDay: number;
  /** Consumed on average in the next `hours`. */
  mean(hours: number): number;
  /** Standard deviation of what is consumed in the next `hours` about that mean, which is itself uncertain. */
  deviation(hours: number): number;
  /** Degrees of freedom that the deviation rests on. */
  readonly freedom: number;
}

/** What is known of the instrument that tells a supply's level. */
export interface Gauge {
  /** The step in which it counts. */
  readonly quantum: number;
  /** A rise by more than this is a refill; a smaller one is noise. */
  readonly refillAbove: number;
  /** Coefficient of variation from day to day that is expected of anybody, before this one's days are known. */
  readonly dailyVariation: Fraction;
}

/** The days looked back on. A month: habits and seasons change. */
const MOST_DAYS = 28;
/** Values closer together than this count as one: the last. It bounds what is kept, whatever is handed in. */
const SLOT: Millis = 10 * MINUTE;
const MOST_SLOTS = (MOST_DAYS * DAY) / SLOT + 1;
/** A day in which nothing was told for longer than this says too little. */
const LONGEST_GAP: Millis = 6 * HOUR;
const HOURS = 24;
/** The variation expected of anybody counts as much as that many days of this one's: two days alone say next to nothing. */
const PRIOR_DAYS = 2;

/** The last value of each slot of the days looked back on, in order of time. */
export function recentValues(samples: Iterable<NumberSample>): readonly NumberSample[] {
  const slots = new Map<number, NumberSample>();
  let newest = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    newest = Math.max(newest, sample.at);
    const slot = Math.floor(sample.at / SLOT);
    const known = slots.get(slot);
    if (known === undefined || sample.at >= known.at) slots.set(slot, sample);
    if (slots.size > 2 * MOST_SLOTS) dropBefore(slots, newest - MOST_DAYS * DAY);
  }
  dropBefore(slots, newest - MOST_DAYS * DAY);
  return [...slots.values()].sort((a, b) => a.at - b.at);
}

function dropBefore(slots: Map<number, NumberSample>, oldest: Millis): void {
  for (const [slot, { at }] of slots) if (at < oldest) slots.delete(slot);
}

/**
 * Days are counted back from the last value, so that an hour of theirs is the same hour of the day as the one to come: what
 * a person needs follows the clock. Days are taken to be independent and alike. Undefined with fewer than two whole ones.
 */
export function consumptionOf(values: readonly NumberSample[], gauge: Gauge): Consumption | undefined {
  const days = wholeDays(values, cumulative(values, gauge));
  const count = days.length;
  if (count < 2) return undefined;
  const means = hourly((hour) => days.reduce((sum, day) => sum + day[hour]!, 0) / count);
  const perDay = means[HOURS]!;
  const freedom = PRIOR_DAYS + count - 1;
  // A difference of two values, each rounded: a step squared, over twelve, twice. What runs down evenly is rounded alike on
  // every day, so that the days' mean is off by as much as one day is.
  const rounding = gauge.quantum ** 2 / 6;
  const variances = hourly((hour) => {
    const squares = days.reduce((sum, day) => sum + (day[hour]! - means[hour]!) ** 2, 0);
    const expected = (gauge.dailyVariation * perDay) ** 2 * (hour / HOURS);
    return (PRIOR_DAYS * expected + squares) / freedom;
  });
  const inHour = (table: readonly number[], hours: number): number => {
    const hour = Math.min(HOURS - 1, Math.floor(hours));
    return table[hour]! + (hours - hour) * (table[hour + 1]! - table[hour]!);
  };
  return {
    days: count,
    perDay,
    freedom,
    mean: (hours) => {
      const whole = Math.floor(hours / HOURS);
      return whole * perDay + inHour(means, hours - whole * HOURS);
    },
    deviation: (hours) => {
      const whole = Math.floor(hours / HOURS);
      const part = inHour(variances, hours - whole * HOURS);
      const ofDays = whole * variances[HOURS]! * (1 + whole / count) + part * (1 + 1 / count);
      return Math.sqrt(ofDays + rounding * (2 + (whole / count) ** 2));
    },
  };
}

const hourly = (of: (hour: number) => number): readonly number[] =>
  Array.from({ length: HOURS + 1 }, (_, hour) => of(hour));

/** Consumed from the first value up to each; what went between a value and a refill after it is not known and counts nothing. */
function cumulative(values: readonly NumberSample[], { refillAbove }: Gauge): readonly number[] {
  let total = 0;
  return values.map(({ value }, index) => {
    if (index === 0) return 0;
    const fall = values[index - 1]!.value - value;
    if (fall >= -refillAbove) total += fall;
    return total;
  });
}

/** For each whole day before the last value, what was consumed from its start up to each hour. */
function wholeDays(values: readonly NumberSample[], consumed: readonly number[]): readonly (readonly number[])[] {
  const first = values[0];
  const last = values.at(-1);
  if (first === undefined || last === undefined) return [];
  const days: (readonly number[])[] = [];
  for (let back = 1; back <= MOST_DAYS; back += 1) {
    const start = last.at - back * DAY;
    if (start < first.at) break;
    if (hasGap(values, start)) continue;
    const atStart = consumedAt(values, consumed, start);
    days.push(
      Array.from({ length: HOURS + 1 }, (_, hour) => consumedAt(values, consumed, start + hour * HOUR) - atStart),
    );
  }
  return days;
}

function hasGap(values: readonly NumberSample[], start: Millis): boolean {
  return values.some(({ at }, index) => {
    const before = index === 0 ? at : values[index - 1]!.at;
    return at - before > LONGEST_GAP && at > start && before < start + DAY;
  });
}

function consumedAt(values: readonly NumberSample[], consumed: readonly number[], at: Millis): number {
  let low = 0;
  let high = values.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (values[middle]!.at <= at) low = middle;
    else high = middle;
  }
  const span = values[high]!.at - values[low]!.at;
  const along = span > 0 ? Math.min(1, Math.max(0, (at - values[low]!.at) / span)) : 0;
  return consumed[low]! + along * (consumed[high]! - consumed[low]!);
}
