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
  // A binary heap in three parallel arrays: no object per event.
  const times: number[] = [];
  const orders: number[] = [];
  const acts: (() => void)[] = [];
  let now = start;
  let scheduled = 0;

  const before = (a: number, b: number): boolean =>
    times[a]! < times[b]! || (times[a] === times[b] && orders[a]! < orders[b]!);
  const swap = (a: number, b: number): void => {
    [times[a], times[b]] = [times[b]!, times[a]!];
    [orders[a], orders[b]] = [orders[b]!, orders[a]!];
    [acts[a], acts[b]] = [acts[b]!, acts[a]!];
  };

  function push(time: Millis, act: () => void): void {
    assert(time >= now, 'nothing is scheduled in the past');
    let child = times.length;
    times.push(time);
    orders.push(scheduled);
    acts.push(act);
    scheduled += 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!before(child, parent)) break;
      swap(child, parent);
      child = parent;
    }
  }

  function pop(): () => void {
    const act = acts[0]!;
    const last = times.length - 1;
    swap(0, last);
    times.pop();
    orders.pop();
    acts.pop();
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      if (left >= last) break;
      const right = left + 1;
      const child = right < last && before(right, left) ? right : left;
      if (!before(child, parent)) break;
      swap(child, parent);
      parent = child;
    }
    return act;
  }

  return {
    now: () => now,
    at: push,
    after: (delay, act) => push(now + delay, act),
    runUntil: (time) => {
      while (times.length > 0 && times[0]! <= time) {
        now = times[0]!;
        pop()();
      }
      now = time;
    },
  };
}
