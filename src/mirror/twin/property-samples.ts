import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/** One reported value of one property. `at` is the device's clock, but never later than the platform heard of it. */
export interface PropertySample {
  readonly at: Millis;
  readonly value: ThingValue;
}

export interface NumberSample {
  readonly at: Millis;
  readonly value: number;
}

/** What the messages, in any order, report of one property of one thing. Lazy: messages may be streamed through it. */
export function* samplesOf(
  messages: Iterable<DeviceMessage>,
  thing: ThingId,
  property: string,
): Generator<PropertySample, void, undefined> {
  for (const { thing: teller, content, receivedAt } of messages) {
    if (teller !== thing || content.kind !== 'Report') continue;
    for (const { name, value, at } of content.measurements) {
      if (name === property) yield { at: Math.min(at, receivedAt), value };
    }
  }
}

/** Those of a property that holds finite numbers. */
export function* numbersOf(samples: Iterable<PropertySample>): Generator<NumberSample, void, undefined> {
  for (const { at, value } of samples) if (typeof value === 'number' && Number.isFinite(value)) yield { at, value };
}
