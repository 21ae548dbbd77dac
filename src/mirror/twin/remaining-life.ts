import { DAY, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import { type Consumption, consumptionOf, type Gauge, recentValues } from './consumption.ts';
import type { NumberSample } from './property-samples.ts';

/** How long a supply lasts, counted from the last value that was told of it. */
export type RemainingLife =
  | {
      readonly kind: 'known';
      /** Of the last value, by the device's clock. */
      readonly at: Millis;
      /** In the supply's own unit. */
      readonly left: number;
      readonly emptyInMin: Minutes;
      /** A 90 % prediction interval; a year stands for a year and longer. */
      readonly earliestMin: Minutes;
      readonly latestMin: Minutes;
      /** Whole days of history that it rests on. */
      readonly days: number;
    }
  | { readonly kind: 'unknown'; readonly reason: UnknownLife };

export type UnknownLife =
  /** Nothing was ever told. */
  | 'no-values'
  /** Fewer than two whole days. */
  | 'too-little-history'
  /** Nothing was consumed in the days known. */
  | 'not-consumed';

/**
 * The gauges of the things in `catalog/things`: steps as the devices report them. A day's insulin varies by 17 % in adults on a
 * closed loop (Ruan et al., Diabetes Care 39 (2016) 830-832); as that is only where two days start from, less is assumed here.
 * The variation of the batteries is this project's assumption. What it comes to: `bench/calibration.ts`.
 */
export const SUPPLIES = {
  /** `reservoir` of a pump, [iU]. */
  reservoir: { quantum: 0.05, refillAbove: 5, dailyVariation: 0.12 },
  /** `battery` of a pump, %. */
  pumpBattery: { quantum: 0.1, refillAbove: 2, dailyVariation: 0.01 },
  /** `battery` of a glucose monitor's transmitter, %. */
  transmitterBattery: { quantum: 0.1, refillAbove: 2, dailyVariation: 0.01 },
} as const satisfies Readonly<Record<string, Gauge>>;

/** Wear of a sensor by the file name of its Thing Model: 10 days (Dexcom G6, as the simulated one). */
export const SENSOR_LIFE_MIN: Readonly<Record<string, Minutes>> = { 'glucose-monitor': 10 * 24 * 60 };

const LONGEST_HOURS = 365 * 24;

/** 95 % quantiles of Student's t with 1, 2, ... degrees of freedom; the normal one beyond. */
const STUDENT_95 = [
  6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.74,
  1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703,
];
const NORMAL_95 = 1.645;

/**
 * When the supply reaches `floor`, from past values of it in any order; refills, noise and rounding are seen through. What is
 * consumed is taken to go on as in the days known.
 */
export function remainingLife(samples: Iterable<NumberSample>, gauge: Gauge, floor = 0): RemainingLife {
  const values = recentValues(samples);
  const last = values.at(-1);
  if (last === undefined) return { kind: 'unknown', reason: 'no-values' };
  const left = Math.max(0, last.value - floor);
  const consumption = consumptionOf(values, gauge);
  if (consumption === undefined) return { kind: 'unknown', reason: 'too-little-history' };
  if (!(consumption.perDay > 0)) return { kind: 'unknown', reason: 'not-consumed' };
  const student = STUDENT_95[consumption.freedom - 1] ?? NORMAL_95;
  return {
    kind: 'known',
    at: last.at,
    left,
    emptyInMin: minutesUntil(consumption, left, 0),
    earliestMin: minutesUntil(consumption, left, student),
    latestMin: minutesUntil(consumption, left, -student),
    days: consumption.days,
  };
}

/** When mean consumption and that many of its deviations have used up what is left. */
function minutesUntil(consumption: Consumption, left: number, deviations: number): Minutes {
  let before = 0;
  for (let hour = 0; hour <= LONGEST_HOURS; hour += 1) {
    const used = consumption.mean(hour) + (hour === 0 ? 0 : deviations * consumption.deviation(hour));
    if (used >= left) {
      const along = hour === 0 || used <= before ? 0 : Math.max(0, left - before) / (used - before);
      return Math.round(60 * Math.max(0, hour - 1 + along));
    }
    before = used;
  }
  return 60 * LONGEST_HOURS;
}

/**
 * The end of a sensor's wear, from `sensorAge` in minutes. Wear is time itself, so a single value tells it, to the minute in
 * which the sensor counts.
 */
export function sensorLife(ages: Iterable<NumberSample>, lifeMin: Minutes): RemainingLife {
  let last: NumberSample | undefined;
  let first: NumberSample | undefined;
  for (const sample of ages) {
    if (last === undefined || sample.at >= last.at) last = sample;
    if (first === undefined || sample.at < first.at) first = sample;
  }
  if (last === undefined || first === undefined) return { kind: 'unknown', reason: 'no-values' };
  const left = Math.max(0, lifeMin - last.value);
  return {
    kind: 'known',
    at: last.at,
    left,
    emptyInMin: left,
    earliestMin: Math.max(0, left - 1),
    latestMin: left,
    days: Math.floor((last.at - first.at) / DAY),
  };
}
