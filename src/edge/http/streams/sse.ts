import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerIn } from '../caller.ts';
import type { Delivery } from './client-queue.ts';
import type { FeedItem, FeedWish } from './feed.ts';
import type { Feeds } from './feeds.ts';
import type { ToldEvent } from './stream-event.ts';

/** Bytes that wait for the socket; what is beyond waits in the client's queue, where values can stand for each other. */
const HIGH_WATER = 8 * 1024;
/** A browser comes back after so long. */
const RETRY = 'retry: 2000\n\n';

/** How an event is written; undefined leaves it out. */
export type WriteEvent = (delivery: Delivery<ToldEvent>) => string | undefined;

/**
 * Answers with server-sent events (WHATWG HTML, 9.2). `id` is the place in history: who comes back with it as `Last-Event-ID`
 * gets what follows. `greeting` comes before all of them. An event that is not the last of its record has none, so that the rest of the record is not lost.
 */
export function sendEvents(
  feeds: Feeds,
  request: FastifyRequest,
  reply: FastifyReply,
  wish: Omit<FeedWish, 'abort'>,
  write: WriteEvent = namedEvent,
  greeting = '',
): FastifyReply {
  const feed = feeds.open(callerIn(request), { ...wish, abort: () => request.raw.socket.destroy() });
  // one that waits for its next event would not notice that nobody waits for it
  reply.raw.once('close', feed.end);
  const stream = Readable.from(texts(feed.items(), write, greeting), { objectMode: false, highWaterMark: HIGH_WATER });
  return reply.type('text/event-stream').header('x-accel-buffering', 'no').send(stream);
}

async function* texts(
  items: AsyncGenerator<FeedItem>,
  write: WriteEvent,
  greeting: string,
): AsyncGenerator<string, void, undefined> {
  yield `${RETRY}${greeting}`;
  for await (const item of items) {
    const text = item.kind === 'event' ? write(item) : ':\n\n';
    if (text !== undefined) yield text;
  }
}

export const namedEvent: WriteEvent = (delivery) => {
  const { event, dropped } = delivery;
  const data = dropped === undefined ? event : { ...event, dropped };
  return `event: ${event.type}\n${idLine(delivery)}data: ${JSON.stringify(data)}\n\n`;
};

export const idLine = ({ event, isLast }: Delivery<ToldEvent>): string => (isLast ? `id: ${event.position}\n` : '');
