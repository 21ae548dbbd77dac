import type { Millis } from '#base/time';
import type { Acknowledgement, Report } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/**
 * A message that is genuine and fits the Thing Model. `sender` holds the key; `thing` is what it speaks for. `sequence`
 * counts up per sender; gaps in it are the monitor's business. `sentAt` is the device's clock, `receivedAt` the platform's.
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
