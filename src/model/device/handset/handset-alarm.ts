import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl } from '#base/units';
import type { AlarmPriority } from '../alarm.ts';

export type HandsetAlarmCondition =
  | 'none'
  | 'low-glucose'
  | 'urgent-low-glucose'
  | 'high-glucose'
  | 'signal-loss'
  | 'pump-lost';

interface HandsetAlarmEntry {
  readonly priority: AlarmPriority;
  /** The alarm sounds again after this, as long as its condition lasts. */
  readonly repeat: Millis;
}

/**
 * Priorities after IEC 60601-1-8, table 1: severe hypoglycaemia is near and may be irreversible (high); a low, or not knowing
 * the glucose, can become so within the hour (medium); high glucose harms over hours (low).
 */
export const HANDSET_ALARMS: Readonly<Record<HandsetAlarmCondition, HandsetAlarmEntry>> = {
  none: { priority: 'none', repeat: Number.POSITIVE_INFINITY },
  'urgent-low-glucose': { priority: 'high', repeat: 15 * MINUTE },
  'low-glucose': { priority: 'medium', repeat: 30 * MINUTE },
  'signal-loss': { priority: 'medium', repeat: 30 * MINUTE },
  'pump-lost': { priority: 'medium', repeat: 30 * MINUTE },
  'high-glucose': { priority: 'low', repeat: 120 * MINUTE },
};

export const LOW_GLUCOSE: MgPerDl = 70;
export const URGENT_LOW_GLUCOSE: MgPerDl = 55;
export const HIGH_GLUCOSE: MgPerDl = 300;
export const SIGNAL_LOSS_AFTER: Millis = 20 * MINUTE;
export const PUMP_LOST_AFTER: Millis = 20 * MINUTE;

export interface HandsetAlarmState {
  /** The latest reading, undefined while the signal is lost. */
  readonly glucose: MgPerDl | undefined;
  readonly signalLost: boolean;
  readonly pumpLost: boolean;
}

/** The condition to be signalled: the one that harms soonest. */
export function handsetAlarmOf({ glucose, signalLost, pumpLost }: HandsetAlarmState): HandsetAlarmCondition {
  if (glucose !== undefined && glucose < URGENT_LOW_GLUCOSE) return 'urgent-low-glucose';
  if (glucose !== undefined && glucose < LOW_GLUCOSE) return 'low-glucose';
  if (signalLost) return 'signal-loss';
  if (pumpLost) return 'pump-lost';
  return glucose !== undefined && glucose > HIGH_GLUCOSE ? 'high-glucose' : 'none';
}
