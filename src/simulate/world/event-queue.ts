import { assert } from '#base/assert';
import type { Clock, Millis } from '#base/time';

/**
 * The simulated clock and what is to happen on it. Events of the same instant run in the order in which they were
 * scheduled, so a run depends on nothing but its inputs.
 */
export interface EventQueue extends Clock {
  at(time: Millis, act: () => void): void;
  after(delay: Millis, act: () => void): void;
  /** Runs everything up to and including `time`, then stands at `time`. */
  runUntil(time: Millis): void;
}

export function createEventQueue(start: Millis): EventQueue {
  // A binary heap in the first `size` places of three parallel arrays: no object per event, and no array that shrinks and grows.
  const times: number[] = [];
  const orders: number[] = [];
  const acts: (() => void)[] = [];
  let size = 0;
  let now = start;
  let scheduled = 0;

  const put = (index: number, time: Millis, order: number, act: () => void): void => {
    times[index] = time;
    orders[index] = order;
    acts[index] = act;
  };
  const move = (from: number, to: number): void => put(to, times[from]!, orders[from]!, acts[from]!);
  const isBefore = (index: number, time: Millis, order: number): boolean =>
    times[index]! < time || (times[index] === time && orders[index]! < order);

  function push(time: Millis, act: () => void): void {
    assert(time >= now, 'nothing is scheduled in the past');
    const order = scheduled;
    scheduled += 1;
    let hole = size;
    size += 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      // Its order is the last: an event of the same instant stays before it.
      if (times[parent]! <= time) break;
      move(parent, hole);
      hole = parent;
    }
    put(hole, time, order, act);
  }

  /** Takes the first event out and sinks the last one into the hole that it leaves. */
  function pop(): () => void {
    const act = acts[0]!;
    size -= 1;
    const time = times[size]!;
    const order = orders[size]!;
    const last = acts[size]!;
    let hole = 0;
    for (;;) {
      const left = 2 * hole + 1;
      if (left >= size) break;
      const right = left + 1;
      const child = right < size && isBefore(right, times[left]!, orders[left]!) ? right : left;
      if (!isBefore(child, time, order)) break;
      move(child, hole);
      hole = child;
    }
    put(hole, time, order, last);
    return act;
  }

  return {
    now: () => now,
    at: push,
    after: (delay, act) => push(now + delay, act),
    runUntil: (time) => {
      while (size > 0 && times[0]! <= time) {
        now = times[0]!;
        pop()();
      }
      now = time;
    },
  };
}
