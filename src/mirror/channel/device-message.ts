import type { Millis } from '#base/time';
import type { Acknowledgement, Bundle, Measurement, Report } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';
import { MOST_AHEAD } from './device-time.ts';

/**
 * What a genuine message tells of one thing, found to fit its Thing Model. `sender` holds the key; `thing` is what it speaks
 * for. `sequence` counts up per sender, and those of one bundle share theirs; gaps in it are the monitor's business. `sentAt`
 * is the device's clock, `receivedAt` the platform's. INVARIANT: no measurement of `content` is later than `receivedAt`.
 */
export interface DeviceMessage {
  readonly kind: 'DeviceMessage';
  readonly sender: ThingId;
  readonly thing: ThingId;
  readonly sequence: number;
  readonly sentAt: Millis;
  readonly receivedAt: Millis;
  readonly content: Report | Acknowledgement;
  /** As said: measurements that are stamped further ahead than the device's clock may be. Absent where there are none. */
  readonly ahead?: readonly Measurement[];
}

/** What `content` tells, thing by thing, in its order. */
export const partsOf = (content: Report | Bundle | Acknowledgement): readonly (Report | Acknowledgement)[] =>
  content.kind === 'Bundle' ? content.reports : [content];

/** One for each thing that `content` tells of, in its order, its measurements placed in time. */
export function deviceMessages(
  content: Report | Bundle | Acknowledgement,
  sender: ThingId,
  sequence: number,
  receivedAt: Millis,
): readonly DeviceMessage[] {
  return partsOf(content).map((part) => ({
    kind: 'DeviceMessage',
    sender,
    thing: part.thing,
    sequence,
    sentAt: part.kind === 'Report' ? part.sentAt : part.at,
    receivedAt,
    ...(part.kind === 'Report' ? placedInTime(part, receivedAt) : { content: part }),
  }));
}

function placedInTime(report: Report, receivedAt: Millis): Pick<DeviceMessage, 'content' | 'ahead'> {
  const { measurements } = report;
  if (measurements.every(({ at }) => at <= receivedAt)) return { content: report };
  const ahead = measurements.filter(({ at }) => at - receivedAt > MOST_AHEAD);
  const placed = measurements
    .filter(({ at }) => at - receivedAt <= MOST_AHEAD)
    .map((measurement) => ({ ...measurement, at: Math.min(measurement.at, receivedAt) }));
  const content = { ...report, measurements: placed };
  return ahead.length === 0 ? { content } : { content, ahead };
}
