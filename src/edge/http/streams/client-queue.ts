import { isNewest, type Stamp } from '#mirror/channel/device-time';
import type { Position } from '#mirror/history/record';
import type { PropertyEvent, StreamEvent } from './stream-event.ts';

/** What a client that was too slow did not get: latest values stand for earlier ones. */
export interface Dropped {
  readonly count: number;
  readonly from: Position;
  readonly to: Position;
}

export interface Delivery<Event = StreamEvent> {
  readonly event: Event;
  /** The last event of its record: who has it has the whole record, and may come back after it. */
  readonly isLast: boolean;
  readonly dropped?: Dropped;
}

/** Events that wait for one client. INVARIANT: never more than `MOST_QUEUED`. */
export interface ClientQueue {
  /** The events of one record that the client is to get. */
  push(events: readonly StreamEvent[]): void;
  take(): Delivery | undefined;
  readonly length: number;
}

export const MOST_QUEUED = 1_000;

export function createClientQueue(): ClientQueue {
  let waiting: Delivery[] = [];
  let next = 0;
  let dropped: Dropped | undefined;

  const drop = ({ event: { position } }: Delivery): void => {
    const { count, from, to } = dropped ?? { count: 0, from: position, to: position };
    dropped = { count: count + 1, from: Math.min(from, position), to: Math.max(to, position) };
  };

  /** Later values of a property stand for earlier ones; where that is not enough, the oldest go. Half is free afterwards. */
  const makeRoom = (): void => {
    const latest = new Map<string, { readonly delivery: Delivery; readonly stamp: Stamp }>();
    const queued = waiting.slice(next);
    for (const delivery of queued) {
      if (delivery.event.type !== 'property') continue;
      const key = keyOf(delivery.event);
      const stamp = stampOf(delivery.event);
      if (isNewest(stamp, latest.get(key)?.stamp, false)) latest.set(key, { delivery, stamp });
    }
    const isKept = (delivery: Delivery): boolean =>
      delivery.event.type !== 'property' || latest.get(keyOf(delivery.event))?.delivery === delivery;
    const kept = queued.filter(isKept);
    for (const delivery of queued) if (!isKept(delivery)) drop(delivery);
    const surplus = Math.max(0, kept.length - MOST_QUEUED / 2);
    for (const delivery of kept.slice(0, surplus)) drop(delivery);
    waiting = kept.slice(surplus);
    next = 0;
  };

  return {
    push: (events) => {
      events.forEach((event, index) => {
        if (waiting.length - next >= MOST_QUEUED) makeRoom();
        waiting.push({ event, isLast: index === events.length - 1 });
      });
    },
    take: () => {
      const delivery = waiting[next];
      if (delivery === undefined) return undefined;
      next += 1;
      if (next > MOST_QUEUED || next === waiting.length) {
        waiting = waiting.slice(next);
        next = 0;
      }
      if (dropped === undefined) return delivery;
      const told = { ...delivery, dropped };
      dropped = undefined;
      return told;
    },
    get length() {
      return waiting.length - next;
    },
  };
}

const keyOf = ({ subject, thing, name }: PropertyEvent): string => `${subject}/${thing}/${name}`;

const stampOf = ({ measuredAt, at }: PropertyEvent): Stamp => ({
  at: Date.parse(measuredAt),
  receivedAt: Date.parse(at),
});
