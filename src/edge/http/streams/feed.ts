import type { Live } from '#edge/live/live';
import type { Position, SubjectId } from '#mirror/history/record';
import type { Caller } from '../caller.ts';
import type { Gate } from '../gate.ts';
import type { HttpLimits } from '../http-limits.ts';
import { createClientQueue, type Delivery } from './client-queue.ts';
import type { FanOut } from './feeds.ts';
import { changesSince } from './resume.ts';
import { isSeenBy } from './seen-by.ts';
import type { StreamEvent, ToldEvent } from './stream-event.ts';
import { toldEventOf } from './told-event.ts';

export interface FeedWish {
  /** Only about one, or about these; about all that the caller may read where absent. */
  readonly subjects?: ReadonlySet<SubjectId>;
  /** What happened after this position is told first. */
  readonly after?: Position;
  /** What of it is wanted; all where absent. */
  readonly wants?: (event: StreamEvent) => boolean;
  /** Breaks the connection off: its client takes nothing, or must not have what it was sent. */
  readonly abort: () => void;
}

/** `silence`: nothing happened for a while, and the connection holds. */
export type FeedItem = ({ readonly kind: 'event' } & Delivery<ToldEvent>) | { readonly kind: 'silence' };

export interface Feed {
  items(): AsyncGenerator<FeedItem, void, undefined>;
  /** Ends it at once, in the middle of whatever its client is being sent. */
  readonly end: () => void;
  onEnd(done: () => void): void;
}

export interface FeedParts {
  readonly live: Live;
  readonly gate: Gate;
  readonly limits: HttpLimits;
  readonly fanOut: FanOut;
}

/**
 * One client's events. They are pulled: while the client takes none, they wait in a bounded queue. Rights are looked at again
 * before each event leaves.
 */
export function createFeed({ live, gate, limits, fanOut }: FeedParts, caller: Caller, wish: FeedWish): Feed {
  const { subjects, wants = () => true, abort } = wish;
  const queue = createClientQueue();
  const isSeen = isSeenBy(gate, caller);
  const insightInto = (subject: SubjectId) => gate.insight(caller, subject);
  const done: (() => void)[] = [];
  let isOver = false;
  /** When the client was last handed something that it has not taken yet. */
  let handedAt: number | undefined;
  let wake = Promise.withResolvers<void>();
  let stopListening = (): void => {};

  const isWanted = (event: StreamEvent): boolean =>
    (subjects === undefined || subjects.has(event.subject)) && wants(event) && isSeen(event);
  const take = (events: readonly StreamEvent[]): void => {
    const wanted = events.filter(isWanted);
    if (wanted.length === 0) return;
    queue.push(wanted);
    wake.resolve();
  };
  const listen = (): void => {
    stopListening = fanOut.listen((_change, events) => take(events));
  };
  const finish = (): void => {
    if (isOver) return;
    isOver = true;
    clearInterval(watch);
    stopListening();
    wake.resolve();
    for (const each of done) each();
  };
  const end = (): void => {
    const isTaking = handedAt !== undefined && !isOver;
    finish();
    if (isTaking) abort();
  };
  const watch = setInterval(() => {
    if (handedAt !== undefined && performance.now() - handedAt >= limits.stalled) end();
    else if (!hasRights()) end();
  }, Math.min(limits.heartbeat, limits.stalled) / 2);
  watch.unref();

  /** Of a feed about certain subjects: whether anything of them may still be told. */
  const hasRights = (): boolean =>
    subjects === undefined ||
    live.status !== 'open' ||
    [...subjects].some((subject) => gate.may(caller, 'readTwin', gate.twinOf(subject)));

  async function* handed(items: Iterable<FeedItem>): AsyncGenerator<FeedItem, void, undefined> {
    for (const item of items) {
      handedAt = performance.now();
      yield item;
      handedAt = undefined;
      if (isOver) return;
    }
  }
  function* queued(): Generator<FeedItem, void, undefined> {
    for (let delivery = queue.take(); delivery !== undefined; delivery = queue.take()) {
      if (isSeen(delivery.event)) yield { kind: 'event', ...delivery, event: toldEventOf(delivery.event, insightInto) };
    }
  }
  async function* items(): AsyncGenerator<FeedItem, void, undefined> {
    try {
      if (wish.after === undefined) listen();
      yield* handed([{ kind: 'silence' }]);
      if (wish.after !== undefined && !isOver) {
        const subject = subjects?.size === 1 ? [...subjects][0] : undefined;
        for await (const change of changesSince(live, wish.after + 1, subject, listen)) {
          if (isOver) return;
          take(fanOut.eventsOf(change));
          yield* handed(queued());
        }
      }
      while (!isOver) {
        wake = Promise.withResolvers();
        yield* handed(queued());
        if (isOver) return;
        if (queue.length === 0 && (await silence(wake.promise, limits.heartbeat))) yield* handed([{ kind: 'silence' }]);
      }
    } finally {
      finish();
    }
  }
  return { items, end, onEnd: (each) => void done.push(each) };
}

/** Whether that time passed before something happened. */
async function silence(something: Promise<void>, time: number): Promise<boolean> {
  const passed = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => passed.resolve(true), time);
  try {
    return await Promise.race([passed.promise, something.then(() => false)]);
  } finally {
    clearTimeout(timer);
  }
}
