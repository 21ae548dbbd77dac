import type { Clock, Millis } from '#base/time';
import { createScaledClock, type TimeScale } from '#edge/serve/steady-clock';

/** The time that a device lives in, and its timers: as fast as the scale says. */
export interface DeviceClock extends Clock {
  /** Calls back after `delay` of device time. Returns how to cancel it. */
  after(delay: Millis, act: () => void): () => void;
}

/** Longest delay that a timer of the operating system holds. */
const LONGEST_TIMER = 2 ** 31 - 1;

export function createDeviceClock(scale: TimeScale): DeviceClock {
  const clock = createScaledClock(scale, { now: () => Date.now() });
  return {
    now: () => clock.now(),
    after: (delay, act) => {
      const timer = setTimeout(act, Math.min(Math.max(0, delay) / scale.speed, LONGEST_TIMER));
      return () => clearTimeout(timer);
    },
  };
}
