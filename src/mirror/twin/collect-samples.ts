import { toHex } from '#base/bytes';
import { MINUTE, type Millis } from '#base/time';
import type { Grams, Units, UnitsPerHour } from '#base/units';
import { sha256 } from '#crypto/digest';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { littleEndian } from './encode-twin.ts';
import { LONGEST_GAP_MIN } from './estimator.ts';
import { numberOf, takeUp } from './intake.ts';
import type { Sample } from './sample.ts';
import { applyMessage, createTwin, GLUCOSE_MONITOR, HANDSET, INSULIN_PUMP, newReading } from './twin.ts';

/** An attack-free stretch of messages as the estimator would take it in, and what the devices said of their settings. */
export interface Collected {
  /** The first has a reading; each later one too. */
  readonly samples: readonly Sample[];
  readonly insulin: Units;
  readonly carbohydrates: Grams;
  readonly basalProfile: readonly UnitsPerHour[];
  /** g/[iU]; 0 where the handset never said. */
  readonly carbRatio: number;
  /** SHA-256 of what was collected, lower-case hexadecimal. */
  readonly digest: string;
}

/** Messages in the order in which they were received. */
export function collectSamples(messages: Iterable<DeviceMessage>): Collected {
  let twin = createTwin('');
  let intake = twin.intake;
  const samples: Sample[] = [];
  let last: Millis | undefined;
  let insulin = 0;
  let carbohydrates = 0;
  const digested: number[] = [];
  for (const message of messages) {
    if (message.thing !== GLUCOSE_MONITOR && message.thing !== INSULIN_PUMP && message.thing !== HANDSET) continue;
    const before = twin;
    twin = applyMessage(twin, message).twin;
    const reading = newReading(before, twin);
    if (reading === undefined || (last !== undefined && reading.at - last < MINUTE)) continue;
    const sinceMin = last === undefined ? 0 : Math.min((reading.at - last) / MINUTE, LONGEST_GAP_MIN);
    const uptake = takeUp(intake, twin.reported[INSULIN_PUMP], twin.reported[HANDSET], message.receivedAt, sinceMin);
    intake = uptake.intake;
    last = reading.at;
    insulin += uptake.insulin;
    carbohydrates += uptake.carbohydrates;
    samples.push({ ...reading, sinceMin, insulin: uptake.insulin, carbohydrates: uptake.carbohydrates });
    digested.push(reading.at, reading.glucose, uptake.insulin, uptake.carbohydrates);
  }
  const profile = twin.reported[INSULIN_PUMP]?.['basalProfile']?.value;
  return {
    samples,
    insulin,
    carbohydrates,
    basalProfile: Array.isArray(profile) ? profile : [],
    carbRatio: numberOf(twin.reported[HANDSET], 'carbRatio') ?? 0,
    digest: toHex(sha256(littleEndian(digested))),
  };
}
