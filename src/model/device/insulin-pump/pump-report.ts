import type { Millis } from '#base/time';
import type { Measurement, ThingValue } from '#model/thing/message';
import type { Thinning } from '../reporting.ts';
import type { PumpEngine } from './pump-engine.ts';

export const PUMP_THINNING: Thinning = {
  settled: new Set(['basalProfile', 'maxBolus', 'maxBasal', 'firmwareVersion', 'remoteEnabled', 'battery']),
  states: new Set(['lastBolus', 'deliveryState', 'controlMode', 'refusedFrames', 'alarmCondition', 'alarmPriority']),
  slow: new Set(),
};

/** What the pump's radio counts. */
export interface LinkCounts {
  readonly refusedFrames: number;
  readonly acceptedCommands: number;
  readonly remoteEnabled: boolean;
}

/** Removes the last bits of binary fractions from what is reported. */
const tidy = (amount: number): number => Math.round(amount * 1e6) / 1e6;

/** What the pump reports: its own count of what it delivered, which is what honest firmware delivers. */
export function measurePump(engine: PumpEngine, counts: LinkCounts, at: Millis): readonly Measurement[] {
  const { delivery, battery, program, therapy } = engine;
  const { condition, priority } = engine.alarm(at);
  const { maxBolus, maxBasal } = therapy.limits();
  const entry = (name: string, value: ThingValue): Measurement => ({ name, value, at });
  return [
    entry('basalRate', tidy(engine.basalRate(at))),
    entry('basalDelivered', delivery.basalDelivered()),
    entry('bolusDelivered', delivery.bolusDelivered()),
    entry('lastBolus', delivery.lastBolus()),
    entry('reservoir', delivery.reservoir()),
    entry('battery', Math.round(battery.charge() * 10) / 10),
    entry('deliveryState', engine.deliveryState(at)),
    entry('controlMode', engine.controlMode(at)),
    entry('basalProfile', program.profile()),
    entry('maxBolus', maxBolus),
    entry('maxBasal', maxBasal),
    entry('refusedFrames', counts.refusedFrames),
    entry('acceptedCommands', counts.acceptedCommands),
    entry('firmwareVersion', engine.firmware().version),
    entry('remoteEnabled', counts.remoteEnabled),
    entry('alarmCondition', condition),
    entry('alarmPriority', priority),
  ];
}
