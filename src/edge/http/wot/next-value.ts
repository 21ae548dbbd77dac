import type { ServerResponse } from 'node:http';
import type { Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import type { Caller } from '../caller.ts';
import type { FeedWish } from '../streams/feed.ts';
import type { Feeds } from '../streams/feeds.ts';

/** The next value that a feed tells, or undefined when none comes in that time. */
export async function nextValue(
  feeds: Feeds,
  caller: Caller,
  wish: Omit<FeedWish, 'abort'>,
  response: ServerResponse,
  within: Millis,
): Promise<ThingValue | undefined> {
  const feed = feeds.open(caller, { ...wish, abort: () => response.destroy() });
  const timer = setTimeout(feed.end, within);
  response.once('close', feed.end);
  try {
    for await (const item of feed.items()) {
      if (item.kind === 'event' && item.event.type === 'property') return item.event.value;
    }
    return undefined;
  } finally {
    clearTimeout(timer);
    feed.end();
  }
}
