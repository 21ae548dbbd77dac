import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { isNewest, measuredAt, type Stamp } from '#mirror/channel/device-time';
import type { ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/** One reported value of one property. `at` is when it was measured, as far as the two clocks tell (`measuredAt`). */
export interface PropertySample {
  readonly at: Millis;
  readonly value: ThingValue;
}

export interface NumberSample {
  readonly at: Millis;
  readonly value: number;
}

/** Takes messages in the order in which they were received, and gives what each reports of one property of one thing. */
export function createSampler(thing: ThingId, property: string): (message: DeviceMessage) => readonly PropertySample[] {
  let newest: Stamp | undefined;
  return ({ thing: teller, content, receivedAt }) => {
    if (teller !== thing || content.kind !== 'Report') return [];
    return content.measurements.flatMap(({ name, value, at }) => {
      if (name !== property) return [];
      const told = { at: Math.min(at, receivedAt), receivedAt };
      if (!isNewest(told, newest, false)) return [{ at: told.at, value }];
      const sample = { at: measuredAt(told, newest), value };
      newest = told;
      return [sample];
    });
  };
}

/** All that the messages, in the order received, report of one property of one thing. Lazy: they may be streamed through it. */
export function* samplesOf(
  messages: Iterable<DeviceMessage>,
  thing: ThingId,
  property: string,
): Generator<PropertySample, void, undefined> {
  const samplesIn = createSampler(thing, property);
  for (const message of messages) yield* samplesIn(message);
}

/** Those of a property that holds finite numbers. */
export function* numbersOf(samples: Iterable<PropertySample>): Generator<NumberSample, void, undefined> {
  for (const { at, value } of samples) if (typeof value === 'number' && Number.isFinite(value)) yield { at, value };
}
