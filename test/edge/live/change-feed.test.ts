import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createChangeFeed } from '#edge/live/change-feed';
import type { Change } from '#edge/live/live';

/** As `RECENT` of the feed. */
const RECENT = 20_000;

const changesOf = (from: number, to: number): readonly Change[] =>
  Array.from({ length: to - from }, (_, index) => ({
    position: from + index,
    record: { kind: 'MessageReceived', subject: 'p1', at: from + index, body: null },
  }));

test('whoever listens hears every change once, in order, until they stop', () => {
  const feed = createChangeFeed();
  const heard: Change[] = [];
  feed.publish(changesOf(0, 2));
  const stop = feed.subscribe((changes) => heard.push(...changes));
  feed.publish(changesOf(2, 4));
  feed.publish(changesOf(4, 5));
  stop();
  feed.publish(changesOf(5, 6));
  assert.deepEqual(heard, changesOf(2, 5));
  assert.equal(feed.next, 6);
});

test('memory reaches back to where the platform opened, and says when it reaches no further', () => {
  const feed = createChangeFeed();
  feed.startAt(1_000);
  assert.equal(feed.next, 1_000);
  assert.deepEqual(feed.since(1_000), []);
  assert.equal(feed.since(999), undefined);
  feed.publish(changesOf(1_000, 1_003));
  assert.equal(feed.next, 1_003);
  assert.deepEqual(feed.since(1_000), changesOf(1_000, 1_003));
  assert.deepEqual(feed.since(1_002), changesOf(1_002, 1_003));
  assert.deepEqual(feed.since(1_003), []);
  assert.equal(feed.since(999), undefined);
});

test('memory holds the last changes and no more: the oldest of them, and not the one before it', () => {
  const feed = createChangeFeed();
  feed.startAt(5);
  feed.publish(changesOf(5, 5 + RECENT));
  assert.deepEqual(feed.since(5), changesOf(5, 5 + RECENT), 'just full');
  feed.publish(changesOf(5 + RECENT, 6 + RECENT));
  assert.equal(feed.since(5), undefined);
  assert.deepEqual(feed.since(6), changesOf(6, 6 + RECENT));
  feed.publish(changesOf(6 + RECENT, 8 + 2 * RECENT));
  const whole = feed.since(8 + RECENT);
  assert.deepEqual([whole?.length, whole?.[0]?.position], [RECENT, 8 + RECENT], 'more at once than it holds');
  assert.equal(feed.since(7 + RECENT), undefined);
});

test('a platform that opens anew forgets what it had', () => {
  const feed = createChangeFeed();
  feed.publish(changesOf(0, 10));
  feed.startAt(8);
  assert.equal(feed.next, 8);
  assert.equal(feed.since(7), undefined, 'what was never durable is not handed out');
  feed.publish(changesOf(8, 9));
  assert.deepEqual(feed.since(8), changesOf(8, 9));
});

test('a listener that throws is told of, and the others hear all the same', () => {
  const faults: unknown[] = [];
  const feed = createChangeFeed((error) => faults.push(error));
  const heard: number[] = [];
  feed.subscribe(() => {
    throw new Error('a defect');
  });
  feed.subscribe((changes) => heard.push(changes.length));
  feed.publish(changesOf(0, 3));
  assert.deepEqual([heard, faults.map(String)], [[3], ['Error: a defect']]);
  const silent = createChangeFeed();
  silent.subscribe(() => {
    throw new Error('nobody asked');
  });
  assert.doesNotThrow(() => silent.publish(changesOf(0, 1)));
});
