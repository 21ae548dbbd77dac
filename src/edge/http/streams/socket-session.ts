import { SECOND } from '#base/time';
import { createTokenBuckets } from '#base/token-buckets';
import type { Caller } from '../caller.ts';
import { problemOf } from '../problem.ts';
import { REAL_TIME } from '../rate-limits.ts';
import type { RouteContext } from '../route-context.ts';
import type { Feed, FeedItem } from './feed.ts';
import { parseSocketMessage, type SocketMessage } from './socket-message.ts';

/** The socket, as far as a session needs it. */
export interface SocketEnd {
  /** `sent` is called when the operating system has taken the message, or cannot. */
  send(message: object, sent: (error?: Error | null) => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

export interface SocketSession {
  /** A message of the client; undefined for one that is no text. */
  receive(text: string | undefined): void;
  readonly end: () => void;
}

/** RFC 6455, 7.4.1. */
const POLICY_VIOLATION = 1008;
const MESSAGES = { burst: 20, refill: SECOND / 5 };
const MOST_SUBSCRIPTIONS = 8;

/** The subscriptions of one WebSocket. Each is a feed of its own; a message is sent when the one before it has left. */
export function createSocketSession({ feeds, live }: RouteContext, caller: Caller, socket: SocketEnd): SocketSession {
  const subscriptions = new Map<string, Feed>();
  const pace = createTokenBuckets({ clock: REAL_TIME, ...MESSAGES, capacity: 1 });
  const send = (message: object): Promise<void> =>
    new Promise((resolve, reject) => socket.send(message, (error) => (error == null ? resolve() : reject(error))));
  const tell = (message: object): void => {
    send(message).catch(() => socket.terminate());
  };

  const pump = async (id: string, feed: Feed): Promise<void> => {
    for await (const item of feed.items()) await send(messageOf(id, item, live.changes.next - 1));
    if (subscriptions.get(id) === feed) subscriptions.delete(id);
    tell({ kind: 'ended', id });
  };
  const subscribe = ({ id, subjects, after }: SocketMessage & { readonly kind: 'subscribe' }): void => {
    if (subscriptions.has(id) || subscriptions.size >= MOST_SUBSCRIPTIONS) {
      tell({ kind: 'refused', id, reason: `the id is in use, or there are ${MOST_SUBSCRIPTIONS} subscriptions` });
      return;
    }
    const start = after === undefined ? {} : { after: Math.min(after, live.changes.next - 1) };
    const wish = { ...start, ...(subjects === undefined ? {} : { subjects: new Set(subjects) }) };
    const feed = feeds.open(caller, { ...wish, abort: () => socket.terminate() });
    subscriptions.set(id, feed);
    tell({ kind: 'subscribed', id });
    pump(id, feed).catch(() => socket.terminate());
  };
  const end = (): void => {
    for (const feed of subscriptions.values()) feed.end();
    subscriptions.clear();
  };

  return {
    receive: (text) => {
      if (!pace.take('')) {
        socket.close(POLICY_VIOLATION, 'too many messages');
        return;
      }
      const message = parseSocketMessage(text);
      if (message === undefined) {
        socket.close(POLICY_VIOLATION, 'not a subscription');
        return;
      }
      if (message.kind === 'unsubscribe') {
        subscriptions.get(message.id)?.end();
        return;
      }
      try {
        subscribe(message);
      } catch (error) {
        tell({ kind: 'refused', id: message.id, reason: problemOf(error).title });
      }
    },
    end,
  };
}

function messageOf(subscription: string, item: FeedItem, position: number): object {
  if (item.kind === 'silence') return { kind: 'silence', id: subscription, position };
  const { event, isLast, dropped } = item;
  const told = dropped === undefined ? { event } : { event, dropped };
  return { kind: 'event', id: subscription, ...told, ...(isLast ? { position: event.position } : {}) };
}
