import { MINUTE, type Millis } from '#base/time';
import type { Percent, Units } from '#base/units';
import { type Alarm, type AlarmPriority, outranks } from '../alarm.ts';

export type PumpAlarmCondition =
  | 'none'
  | 'low-reservoir'
  | 'empty'
  | 'battery-low'
  | 'occlusion'
  | 'low-glucose-suspend'
  | 'hourly-limit'
  | 'confirmation-expired';

/**
 * Priorities after IEC 60601-1-8, table 1: what happens if nobody responds, and how soon. Missing basal insulin leads to
 * ketoacidosis within hours (reversible, delayed onset, but therapy has stopped: high); what still leaves hours is low.
 */
export const PUMP_ALARM_PRIORITY: Readonly<Record<PumpAlarmCondition, AlarmPriority>> = {
  none: 'none',
  'low-reservoir': 'low',
  empty: 'high',
  'battery-low': 'low',
  occlusion: 'high',
  'low-glucose-suspend': 'medium',
  'hourly-limit': 'medium',
  'confirmation-expired': 'low',
};

export const LOW_RESERVOIR: Units = 20;
export const LOW_BATTERY: Percent = 20;
/** How long an alarm about an event, unlike one about a state, stays on the display. */
export const EVENT_ALARM_PERIOD: Millis = 15 * MINUTE;

export interface PumpAlarms {
  /** Shows an event for `EVENT_ALARM_PERIOD`. */
  raise(condition: 'hourly-limit' | 'confirmation-expired', now: Millis): void;
  current(now: Millis): PumpAlarm;
}

export interface PumpAlarm extends Alarm {
  readonly condition: PumpAlarmCondition;
}

/** What the pump's alarms are about, asked every minute. */
export interface PumpAlarmSources {
  reservoir(): Units;
  battery(): Percent;
  isOccluded(): boolean;
  isLowGlucoseSuspended(now: Millis): boolean;
}

const ALARMS = Object.fromEntries(
  Object.entries(PUMP_ALARM_PRIORITY).map(([condition, priority]) => [condition, { condition, priority }]),
) as Readonly<Record<PumpAlarmCondition, PumpAlarm>>;

export const NO_PUMP_ALARM: PumpAlarm = ALARMS.none;

const worseOf = (known: PumpAlarm, other: PumpAlarmCondition): PumpAlarm =>
  outranks(PUMP_ALARM_PRIORITY[other], known.priority) ? ALARMS[other] : known;

export function createPumpAlarms(sources: PumpAlarmSources): PumpAlarms {
  let event: PumpAlarmCondition = 'none';
  let eventUntil: Millis = 0;
  return {
    raise(condition, now) {
      event = condition;
      eventUntil = now + EVENT_ALARM_PERIOD;
    },
    current(now) {
      const reservoir = sources.reservoir();
      let worst = NO_PUMP_ALARM;
      if (sources.isOccluded()) worst = worseOf(worst, 'occlusion');
      if (reservoir <= 0) worst = worseOf(worst, 'empty');
      else if (reservoir < LOW_RESERVOIR) worst = worseOf(worst, 'low-reservoir');
      if (sources.isLowGlucoseSuspended(now)) worst = worseOf(worst, 'low-glucose-suspend');
      if (now < eventUntil) worst = worseOf(worst, event);
      if (sources.battery() < LOW_BATTERY) worst = worseOf(worst, 'battery-low');
      return worst;
    },
  };
}
