import { createRandom } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import {
  advanceIdentifiable,
  GLUCOSE,
  type IdentifiableParameters,
  identifiableSteadyState,
  KANDERIAN_SUBJECT_A,
} from '#model/physiology/identifiable-virtual-patient';
import type { Measurement, ThingValue } from '#model/thing/message';

/** A body that is exactly of the twin's own model, with a pump, a handset and a sensor of known white noise. */
export interface IdentifiableWard {
  readonly days: number;
  readonly seed: number;
  readonly parameters?: IdentifiableParameters;
  readonly sensorNoise?: number;
  /** Delivered per reported unit, from that minute on. */
  readonly fault?: { readonly fromMin: number; readonly factor: number };
  /** A meal of 60 g that nobody announced. */
  readonly hiddenMealAtMin?: number;
}

export const BASAL_RATE = 0.9;
const CARB_RATIO = 20;

export function reportOf(
  thing: string,
  sequence: number,
  at: Millis,
  values: Readonly<Record<string, ThingValue>>,
): DeviceMessage {
  const measurements: Measurement[] = Object.entries(values).map(([name, value]) => ({ name, value, at }));
  const content = { kind: 'Report', thing, sentAt: at, measurements } as const;
  return { kind: 'DeviceMessage', sender: thing, thing, sequence, sentAt: at, receivedAt: at + 300, content };
}

export function identifiableMessages(ward: IdentifiableWard): readonly DeviceMessage[] {
  const { days, seed, parameters = KANDERIAN_SUBJECT_A, sensorNoise = 2, fault, hiddenMealAtMin } = ward;
  const random = createRandom(seed);
  const state = identifiableSteadyState(parameters, BASAL_RATE / 60);
  const messages: DeviceMessage[] = [];
  let sequence = 0;
  let basalDelivered = 0;
  let bolusDelivered = 0;
  let announcedCarbohydrates = 0;
  const meals = new Map<number, number>();
  for (let day = 0; day < days; day += 1) {
    for (const hour of [7, 12.5, 19]) {
      meals.set(day * 1440 + Math.round((hour + random.uniform(-1, 1)) * 12) * 5, Math.round(random.uniform(25, 70)));
    }
  }
  for (let minute = 0; minute < days * 1440; minute += 5) {
    const at = minute * MINUTE;
    const emit = (thing: string, later: Millis, values: Readonly<Record<string, ThingValue>>): void => {
      sequence += 1;
      messages.push(reportOf(thing, sequence, at + later, values));
    };
    emit('cgm', 0, { glucose: Math.round(state[GLUCOSE]! + random.normal(0, sensorNoise)) });
    const grams = meals.get(minute) ?? 0;
    const bolus = Math.round((grams / CARB_RATIO) * random.uniform(0.7, 1.3) * 20) / 20;
    announcedCarbohydrates += grams;
    bolusDelivered += bolus;
    basalDelivered += BASAL_RATE / 12;
    emit('handset', 1000, { announcedCarbohydrates, carbRatio: CARB_RATIO });
    emit('pump', 2000, { basalRate: BASAL_RATE, basalDelivered, bolusDelivered });
    const factor = fault !== undefined && minute >= fault.fromMin ? fault.factor : 1;
    const eaten = grams + (minute === hiddenMealAtMin ? 60 : 0);
    const insulin = ((BASAL_RATE / 12 + bolus) / 5) * factor;
    advanceIdentifiable(parameters, state, { insulin, carbohydrates: eaten / 5 }, 5);
  }
  return messages;
}
