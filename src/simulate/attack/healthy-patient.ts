import type { Random } from '#base/random';
import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl, UnitsPerHour } from '#base/units';
import type { Measurement, Report, ThingValue } from '#model/thing/message';
import { replaceValues } from './report-forgery.ts';

/** A patient who is well and does nothing remarkable, told as the reports of their devices. */
export interface HealthyPatient {
  /** The report that the devices would have made of this patient. */
  tell(genuine: Report): Report;
}

export interface HealthyPatientOptions {
  /** Where glucose returns to. */
  readonly target: MgPerDl;
  /** Standard deviation of the readings about their slow course. */
  readonly noise: MgPerDl;
}

/** A reading keeps this much of the last one's distance from the target after five minutes. */
const PERSISTENCE = 0.97;
/** Random part of the slow course within five minutes. */
const WANDER: MgPerDl = 1.5;
const READING_PERIOD: Millis = 5 * MINUTE;

/** Values that say that nothing is the matter. */
const QUIET: Readonly<Record<string, ThingValue>> = {
  deliveryState: 'delivering',
  alarmCondition: 'none',
  alarmPriority: 'none',
};

/** Counters and settings that stay where they stood when the story began. */
const HELD: ReadonlySet<string> = new Set([
  'bolusDelivered',
  'lastBolus',
  'commandedBolus',
  'announcedCarbohydrates',
  'refusedFrames',
  'basalRate',
  'commandedBasalRate',
  'controlMode',
  'basalProfile',
  'maxBolus',
  'maxBasal',
  'remoteEnabled',
  'firmwareVersion',
  'carbRatio',
  'correctionFactor',
  'targetGlucose',
  'maxInsulinOnBoard',
  'mode',
]);

/**
 * The story begins with the genuine values of the first reports and goes on plausibly: glucose returns to the target with a
 * sensor's noise, basal insulin runs on at the rate last seen, nothing else happens. All devices tell the same story.
 */
export function createHealthyPatient({ target, noise }: HealthyPatientOptions, random: Random): HealthyPatient {
  const held = new Map<string, ThingValue>();
  const anchors = new Map<string, { readonly value: number; readonly at: Millis }>();
  let glucose: MgPerDl | undefined;
  let shown: MgPerDl | undefined;
  let toldUntil: Millis | undefined;
  let basalRate: UnitsPerHour = 0;

  /** Advances the slow course to `at` and answers the reading there: one per period, the same for every device. */
  function readingAt(at: Millis, genuine: MgPerDl): MgPerDl {
    glucose ??= genuine;
    toldUntil ??= at;
    shown ??= genuine;
    while (at - toldUntil >= READING_PERIOD / 2) {
      toldUntil += READING_PERIOD;
      glucose = target + PERSISTENCE * (glucose - target) + random.normal(0, WANDER);
      shown = Math.round(random.normal(glucose, noise));
    }
    return shown;
  }

  /** A cumulative amount that has grown at the basal rate since it was first seen. */
  function runOn(key: string, value: number, at: Millis, sign: 1 | -1): number {
    const anchor = anchors.get(key) ?? { value, at };
    anchors.set(key, anchor);
    return anchor.value + (sign * basalRate * (at - anchor.at)) / HOUR;
  }

  function replacement({ name, value, at }: Measurement, thing: string): ThingValue | undefined {
    const key = `${thing}/${name}`;
    if (HELD.has(name)) {
      if (!held.has(key)) held.set(key, value);
      return held.get(key);
    }
    if (QUIET[name] !== undefined) return QUIET[name];
    if (typeof value !== 'number') return undefined;
    switch (name) {
      case 'glucose':
      case 'glucoseUsed':
        return readingAt(at, value);
      case 'basalDelivered':
        return runOn(key, value, at, 1);
      case 'reservoir':
        return runOn(key, value, at, -1);
      default:
        return undefined;
    }
  }

  return {
    tell: (genuine) => {
      const rate = genuine.measurements.find(({ name }) => name === 'basalRate')?.value;
      if (typeof rate === 'number' && !held.has(`${genuine.thing}/basalRate`)) basalRate = rate;
      const replaced: Record<string, ThingValue> = {};
      for (const measurement of genuine.measurements) {
        const value = replacement(measurement, genuine.thing);
        if (value !== undefined) replaced[measurement.name] = value;
      }
      return { ...genuine, measurements: replaceValues(genuine.measurements, replaced) };
    },
  };
}
