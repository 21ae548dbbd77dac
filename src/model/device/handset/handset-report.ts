import { MINUTE, type Millis } from '#base/time';
import type { Grams, MgPerDl, Units, UnitsPerHour } from '#base/units';
import type { Measurement, ThingValue } from '#model/thing/message';
import type { Thinning } from '../reporting.ts';
import type { HandsetAlarmCondition } from './handset-alarm.ts';
import type { HandsetSettings } from './settings.ts';

export const HANDSET_THINNING: Thinning = {
  settled: new Set(['carbRatio', 'correctionFactor', 'targetGlucose', 'maxInsulinOnBoard']),
  states: new Set(['mode', 'pumpContactAge', 'alarmCondition', 'refusedFrames']),
  slow: new Set(),
};

export interface HandsetState {
  readonly settings: HandsetSettings;
  readonly used: { readonly glucose: MgPerDl; readonly at: Millis } | undefined;
  readonly commandedRate: UnitsPerHour;
  readonly commandedBolus: Units;
  readonly announcedCarbohydrates: Grams;
  readonly insulinOnBoard: Units;
  readonly pumpHeardAt: Millis;
  readonly alarm: HandsetAlarmCondition;
  readonly refusedFrames: number;
}

/** Removes the last bits of binary fractions from what is reported. */
const tidy = (amount: number): number => Math.round(amount * 1e6) / 1e6;

/** `uptime` counts ages, `at` stamps the measurements: the handset's two clocks. */
export function measureHandset(state: HandsetState, uptime: Millis, at: Millis): readonly Measurement[] {
  const { settings, used } = state;
  const entry = (name: string, value: ThingValue): Measurement => ({ name, value, at });
  const minutesSince = (instant: Millis): number => Math.max(0, Math.floor((uptime - instant) / MINUTE));
  const measurements = [
    entry('commandedBasalRate', tidy(state.commandedRate)),
    entry('commandedBolus', tidy(state.commandedBolus)),
    entry('announcedCarbohydrates', tidy(state.announcedCarbohydrates)),
    entry('insulinOnBoard', Math.round(state.insulinOnBoard * 1e3) / 1e3),
    entry('carbRatio', settings.carbRatio),
    entry('correctionFactor', settings.correctionFactor),
    entry('targetGlucose', settings.targetGlucose),
    entry('maxInsulinOnBoard', settings.maxInsulinOnBoard),
    entry('mode', settings.mode),
    entry('pumpContactAge', minutesSince(state.pumpHeardAt)),
    entry('alarmCondition', state.alarm),
    entry('refusedFrames', state.refusedFrames),
  ];
  if (used !== undefined) {
    measurements.push(entry('glucoseUsed', used.glucose), entry('glucoseUsedAge', minutesSince(used.at)));
  }
  return measurements;
}
