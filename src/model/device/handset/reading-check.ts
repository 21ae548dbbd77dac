import { MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import { ABOVE_RANGE, BELOW_RANGE } from '../glucose-monitor.ts';
import type { GlucoseReading } from '../link/payload.ts';

export type ReadingJudgement =
  | { readonly kind: 'usable'; readonly age: Minutes }
  /** The sensor can tell only that glucose is out of its range: good for an alarm, not for a dose. */
  | { readonly kind: 'below-range' }
  | { readonly kind: 'above-range' }
  | { readonly kind: 'implausible'; readonly reason: 'value' | 'too-old' | 'ahead-of-time' | 'out-of-order' };

export const OLDEST_READING: Minutes = 15;
const MOST_AHEAD: Minutes = 6;

export interface ReadingCheck {
  /** `now` is a clock that nobody sets: the handset's uptime, not its time of day. */
  judge(reading: GlucoseReading, now: Millis): ReadingJudgement;
  /** The person starts a new sensor, whose minutes begin anew. */
  newSensor(): void;
}

/** Judges readings before they count, as controllers do: in range, in order, not too old by the sensor's own minutes. */
export function createReadingCheck(): ReadingCheck {
  /** When the sensor was started, on the clock of this device: the earliest start that any reading suggested. */
  let startedAt: Millis | undefined;
  let lastMinute: Minutes = -1;

  return {
    judge({ glucose, sensorMinute }, now) {
      if (!(glucose >= BELOW_RANGE && glucose <= ABOVE_RANGE)) return { kind: 'implausible', reason: 'value' };
      const suggested = now - sensorMinute * MINUTE;
      startedAt ??= suggested;
      const age = (suggested - startedAt) / MINUTE;
      if (age > OLDEST_READING) return { kind: 'implausible', reason: 'too-old' };
      if (age < -MOST_AHEAD) return { kind: 'implausible', reason: 'ahead-of-time' };
      if (sensorMinute <= lastMinute) return { kind: 'implausible', reason: 'out-of-order' };
      startedAt = Math.min(startedAt, suggested);
      lastMinute = sensorMinute;
      if (glucose === BELOW_RANGE) return { kind: 'below-range' };
      if (glucose === ABOVE_RANGE) return { kind: 'above-range' };
      return { kind: 'usable', age: Math.max(0, age) };
    },
    newSensor() {
      startedAt = undefined;
      lastMinute = -1;
    },
  };
}
