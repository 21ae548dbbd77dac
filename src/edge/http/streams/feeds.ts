import { Fault } from '#base/fault';
import type { Access } from '#edge/access/access';
import type { Change, Live } from '#edge/live/live';
import type { Caller } from '../caller.ts';
import type { Gate } from '../gate.ts';
import type { HttpLimits } from '../http-limits.ts';
import { eventsOfRecord } from './events-of-record.ts';
import { createFeed, type Feed, type FeedWish } from './feed.ts';
import type { StreamEvent } from './stream-event.ts';

/** The events of all records, decoded once for all who listen, and only while somebody does. */
export interface Feeds {
  /**
   * What happens to what the caller may see, from now on or from a position on, until he may no longer or the feed is closed.
   * @throws Fault `http.too-many-streams`
   */
  open(caller: Caller, wish: FeedWish): Feed;
  /** Ends all of them; the server closes. */
  closeAll(): void;
  readonly size: number;
}

export interface FeedDeps {
  readonly live: Live;
  readonly access: Access;
  readonly gate: Gate;
  readonly limits: HttpLimits;
}

/** What one feed needs of all of them. */
export interface FanOut {
  eventsOf(change: Change): readonly StreamEvent[];
  listen(listener: (change: Change, events: readonly StreamEvent[]) => void): () => void;
}

export function createFeeds(deps: FeedDeps): Feeds {
  const { live, access, gate, limits } = deps;
  const fanOut = createFanOut(live);
  const open = new Map<string, number>();
  const closers = new Set<() => void>();

  const admit = ({ principal: { id } }: Caller): void => {
    const own = open.get(id) ?? 0;
    if (closers.size >= limits.streams || own >= limits.streamsOfOne) {
      throw new Fault('http.too-many-streams', 'too many streams are open; close one first');
    }
    open.set(id, own + 1);
  };
  const leave = ({ principal: { id } }: Caller): void => {
    const left = (open.get(id) ?? 1) - 1;
    if (left === 0) open.delete(id);
    else open.set(id, left);
  };

  return {
    open: (caller, wish) => {
      admit(caller);
      const feed = createFeed({ live, gate, limits, fanOut }, caller, wish);
      const stopListening = access.onRevoked(caller.principal.credential, feed.end);
      closers.add(feed.end);
      feed.onEnd(() => {
        stopListening();
        closers.delete(feed.end);
        leave(caller);
      });
      return feed;
    },
    closeAll: () => {
      for (const close of closers) close();
    },
    get size() {
      return closers.size;
    },
  };
}

function createFanOut(live: Live): FanOut {
  const decoded = new WeakMap<Change, readonly StreamEvent[]>();
  const listeners = new Set<(change: Change, events: readonly StreamEvent[]) => void>();
  let stop: (() => void) | undefined;

  const eventsOf = (change: Change): readonly StreamEvent[] => {
    const known = decoded.get(change);
    if (known !== undefined) return known;
    const events = decode(change, live);
    decoded.set(change, events);
    return events;
  };
  const publish = (changes: readonly Change[]): void => {
    if (live.status !== 'open') return;
    for (const change of changes) {
      const events = eventsOf(change);
      for (const listener of listeners) listener(change, events);
    }
  };

  return {
    eventsOf,
    listen: (listener) => {
      listeners.add(listener);
      stop ??= live.changes.subscribe(publish);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}

/** Called while a commit is being told of: a record that cannot be read (another version wrote it) is nobody's event, and no failure. */
function decode(change: Change, { fleet }: Live): readonly StreamEvent[] {
  try {
    return eventsOfRecord(change, fleet.registry);
  } catch (error) {
    if (error instanceof Fault) return [];
    throw error;
  }
}
