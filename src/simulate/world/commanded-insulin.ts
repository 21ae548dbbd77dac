import { MINUTE } from '#base/time';
import type { Units, UnitsPerHour } from '#base/units';
import type { Trace } from '#model/device/device';
import type { EventQueue } from './event-queue.ts';

/** Adds up what was asked for: boluses as they come, the commanded basal rate over time. */
export function createCommandedInsulin(queue: EventQueue, basalRate: UnitsPerHour) {
  let boluses: Units = 0;
  let basal: Units = 0;
  let rate = basalRate;
  let since = queue.now();
  const settle = (): void => {
    basal += (rate * (queue.now() - since)) / (60 * MINUTE);
    since = queue.now();
  };
  return {
    add: (units: Units): void => {
      boluses += units;
    },
    onTrace: (device: string, trace: Trace): void => {
      if (device !== 'handset' || trace.kind !== 'commanded') return;
      if (trace.action === 'bolus') boluses += trace.amount;
      else {
        settle();
        rate = trace.amount;
      }
    },
    total: (): Units => {
      settle();
      return boluses + basal;
    },
  };
}
