import { Fault } from '#base/fault';
import { type Millis, SECOND } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import type { PropertySample } from './property-samples.ts';

/** What a property was during one step of a series, from `from` up to the next step. */
export type SeriesBucket =
  | {
      readonly kind: 'numbers';
      readonly from: Millis;
      readonly count: number;
      readonly first: number;
      readonly last: number;
      readonly min: number;
      readonly max: number;
      readonly mean: number;
    }
  /** Text, switches, lists, or values of more than one type. */
  | { readonly kind: 'values'; readonly from: Millis; readonly count: number; readonly last: ThingValue };

export interface SeriesRequest {
  readonly from: Millis;
  /** Excluded. */
  readonly to: Millis;
  /** Length of a step: a whole number, at least 1. */
  readonly resolutionSec: number;
}

/** Takes samples in one at a time, in any order, in memory that does not grow with their number. */
export interface Series {
  /** A sample outside the period is left out. */
  add(sample: PropertySample): void;
  /** In order of time; a step without a sample has no bucket. */
  buckets(): readonly SeriesBucket[];
}

/** A day of minutes: more points than a screen has columns. */
export const MOST_BUCKETS = 1_440;

interface Filling {
  count: number;
  numbers: number;
  firstAt: Millis;
  first: ThingValue;
  lastAt: Millis;
  last: ThingValue;
  min: number;
  max: number;
  sum: number;
}

/** @throws Fault `series.bad-period`, `series.bad-resolution`, `series.too-many-buckets` */
export function createSeries(request: SeriesRequest): Series {
  const { from, to, resolutionSec } = checked(request);
  const step = resolutionSec * SECOND;
  const fillings = new Map<number, Filling>();
  return {
    add: ({ at, value }) => {
      if (!(at >= from && at < to)) return;
      const index = Math.floor((at - from) / step);
      const filling = fillings.get(index) ?? emptyAt(at, value);
      fillings.set(index, filling);
      fill(filling, at, value);
    },
    buckets: () =>
      [...fillings].sort(([a], [b]) => a - b).map(([index, filling]) => bucketOf(from + index * step, filling)),
  };
}

/** The whole of a series at once. */
export function seriesOf(samples: Iterable<PropertySample>, request: SeriesRequest): readonly SeriesBucket[] {
  const series = createSeries(request);
  for (const sample of samples) series.add(sample);
  return series.buckets();
}

function checked(request: SeriesRequest): SeriesRequest {
  const { from, to, resolutionSec } = request;
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to)) {
    throw new Fault(
      'series.bad-period',
      `series: from \`${from}\` to \`${to}\` is no period: state the earlier first`,
      {
        from,
        to,
      },
    );
  }
  if (!(Number.isSafeInteger(resolutionSec) && resolutionSec >= 1)) {
    throw new Fault(
      'series.bad-resolution',
      `series: resolution \`${resolutionSec}\` is not a whole number of seconds: state 1 or more`,
      { resolutionSec },
    );
  }
  const count = Math.ceil((to - from) / (resolutionSec * SECOND));
  if (count > MOST_BUCKETS) {
    const enough = Math.ceil((to - from) / (MOST_BUCKETS * SECOND));
    throw new Fault(
      'series.too-many-buckets',
      `series: \`${count}\` steps, at most \`${MOST_BUCKETS}\`: ask for a resolution of \`${enough}\` s or a shorter period`,
      { count, most: MOST_BUCKETS, resolutionSec: enough },
    );
  }
  return request;
}

const emptyAt = (at: Millis, value: ThingValue): Filling => ({
  count: 0,
  numbers: 0,
  firstAt: at,
  first: value,
  lastAt: at,
  last: value,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  sum: 0,
});

function fill(filling: Filling, at: Millis, value: ThingValue): void {
  filling.count += 1;
  if (at < filling.firstAt) {
    filling.firstAt = at;
    filling.first = value;
  }
  // Of two of the same instant the one that came later counts as the later.
  if (at >= filling.lastAt) {
    filling.lastAt = at;
    filling.last = value;
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) return;
  filling.numbers += 1;
  filling.min = Math.min(filling.min, value);
  filling.max = Math.max(filling.max, value);
  filling.sum += value;
}

function bucketOf(from: Millis, { count, numbers, first, last, min, max, sum }: Filling): SeriesBucket {
  if (numbers < count || typeof first !== 'number' || typeof last !== 'number') {
    return { kind: 'values', from, count, last };
  }
  // Rounding of the sum must not put the mean outside of what there was.
  return { kind: 'numbers', from, count, first, last, min, max, mean: Math.min(max, Math.max(min, sum / count)) };
}
