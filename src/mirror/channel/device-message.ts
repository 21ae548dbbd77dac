import type { Millis } from '#base/time';
import type { Acknowledgement, Bundle, Report } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/**
 * What a genuine message tells of one thing, found to fit its Thing Model. `sender` holds the key; `thing` is what it speaks
 * for. `sequence` counts up per sender, and those of one bundle share theirs; gaps in it are the monitor's business. `sentAt`
 * is the device's clock, `receivedAt` the platform's.
 */
export interface DeviceMessage {
  readonly kind: 'DeviceMessage';
  readonly sender: ThingId;
  readonly thing: ThingId;
  readonly sequence: number;
  readonly sentAt: Millis;
  readonly receivedAt: Millis;
  readonly content: Report | Acknowledgement;
}

/** One for each thing that `content` tells of, in its order. */
export function deviceMessages(
  content: Report | Bundle | Acknowledgement,
  sender: ThingId,
  sequence: number,
  receivedAt: Millis,
): readonly DeviceMessage[] {
  const one = (part: Report | Acknowledgement): DeviceMessage => ({
    kind: 'DeviceMessage',
    sender,
    thing: part.thing,
    sequence,
    sentAt: part.kind === 'Report' ? part.sentAt : part.at,
    receivedAt,
    content: part,
  });
  return content.kind === 'Bundle' ? content.reports.map(one) : [one(content)];
}
