import { type Millis, SECOND } from '#base/time';
import { BUNDLE_LIMIT, encodeContent } from '#model/thing/content';
import type { Endpoint } from '#model/thing/endpoint';
import type { Report, ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';
import type { DevicePorts } from './device.ts';
import { MAX_LINK_PAYLOAD } from './link/link-codec.ts';

/**
 * How long the first report of a bundle waits for others. A cycle's readings, commands and reports follow each other within
 * seconds, two retransmissions included, and what is judged in minutes does not suffer from seconds.
 */
export const BUNDLE_HOLD: Millis = 10 * SECOND;
export const BUNDLE_TIMER = 'bundle';
/** A bundle must fit a message, whatever is added to it last. */
const BUNDLE_BYTES = 6 * MAX_LINK_PAYLOAD;

/** Collects the reports that the gateway speaks for, and seals those of one cycle as one message. */
export interface ReportBundler {
  /** `content` is the report as `encodeContent` makes it, if at hand. */
  add(report: Report, content?: Uint8Array): void;
  /** The timer `BUNDLE_TIMER` went off: seals what waits, if anything does. */
  flush(): void;
}

export function createReportBundler(
  endpoint: Endpoint,
  ports: DevicePorts,
  forward: (sealed: Uint8Array) => void,
): ReportBundler {
  /** The alarm each thing reported last: a new one does not wait. */
  const alarms = new Map<ThingId, ThingValue>();
  let waiting: Uint8Array[] = [];
  let bytes = 0;

  const raisesAlarm = ({ thing, measurements }: Report): boolean => {
    const alarm = measurements.find(({ name }) => name === 'alarmCondition')?.value;
    if (alarm === undefined || alarm === alarms.get(thing)) return false;
    alarms.set(thing, alarm);
    return alarm !== 'none';
  };

  const flush = (): void => {
    if (waiting.length === 0) return;
    ports.cancel(BUNDLE_TIMER);
    const reports = waiting;
    waiting = [];
    bytes = 0;
    forward(endpoint.sealBundle(reports));
  };

  return {
    add(report, content = encodeContent(report)) {
      if (waiting.length === 0) ports.schedule(BUNDLE_TIMER, BUNDLE_HOLD);
      waiting.push(content);
      bytes += content.length;
      if (raisesAlarm(report) || waiting.length === BUNDLE_LIMIT || bytes > BUNDLE_BYTES) flush();
    },
    flush,
  };
}
