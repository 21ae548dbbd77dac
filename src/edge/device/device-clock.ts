import type { Clock, Millis } from '#base/time';
import { createScaledClock, type TimeScale } from '#edge/machine/scaled-clock';
import { createSteadyClock } from '#edge/machine/steady-clock';

/** The time that a device lives in, and its timers: as fast as the scale says. */
export interface DeviceClock extends Clock {
  /** Calls back after `delay` of device time, never before. Returns how to cancel it. */
  after(delay: Millis, act: () => void): () => void;
}

/** Longest delay that a timer of the operating system holds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * INVARIANT: when a timer calls back, its time has come by `now()`. Timers of the operating system may be early by a fraction of a
 * millisecond, which is a quarter of a second at a speed of 250: a pump that asks for the next full minute would run it twice.
 */
export function createDeviceClock(scale: TimeScale): DeviceClock {
  const real = createSteadyClock({ wall: () => Date.now(), monotonic: () => performance.now() });
  const clock = createScaledClock(scale, real);
  const after = (delay: Millis, act: () => void): (() => void) => {
    const due = clock.now() + Math.max(0, delay);
    const arm = (): NodeJS.Timeout =>
      setTimeout(
        () => {
          if (clock.now() >= due) act();
          else timer = arm();
        },
        Math.min(Math.ceil((due - clock.now()) / scale.speed), LONGEST_TIMER),
      );
    let timer = arm();
    return () => clearTimeout(timer);
  };
  return { now: () => clock.now(), after };
}
