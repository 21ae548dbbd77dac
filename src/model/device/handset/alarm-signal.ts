import type { Millis } from '#base/time';
import { HANDSET_ALARMS, type HandsetAlarmCondition, type HandsetAlarmState, handsetAlarmOf } from './handset-alarm.ts';
import type { HandsetPorts } from './handset-types.ts';

/** What the person hears: a condition when it begins, and again as long as it lasts. */
export interface AlarmSignal {
  current(): HandsetAlarmCondition;
  isSilenced(): boolean;
  /** Silenced, no condition is signalled nor reported: malware switches off the alarms themselves, not their sound. */
  silence(silent: boolean): void;
  update(state: HandsetAlarmState, now: Millis): void;
}

export function createAlarmSignal(ports: Pick<HandsetPorts, 'trace' | 'notifyPerson'>): AlarmSignal {
  let current: HandsetAlarmCondition = 'none';
  let signalledAt: Millis = 0;
  let silenced = false;
  return {
    current: () => current,
    isSilenced: () => silenced,
    silence(silent) {
      silenced = silent;
    },
    update(state, now) {
      const condition = silenced ? 'none' : handsetAlarmOf(state);
      const { priority, repeat } = HANDSET_ALARMS[condition];
      const changed = condition !== current;
      if (!changed && now - signalledAt < repeat) return;
      current = condition;
      signalledAt = now;
      if (changed) ports.trace({ kind: 'alarm', condition, priority });
      if (condition !== 'none') ports.notifyPerson({ condition, priority });
    },
  };
}
