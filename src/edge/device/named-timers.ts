import type { Millis } from '#base/time';
import type { DeviceClock } from './device-clock.ts';

/** The timers of one device: setting one of a name that is set replaces it. */
export interface NamedTimers {
  schedule(name: string, delay: Millis): void;
  cancel(name: string): void;
  cancelAll(): void;
}

export function createNamedTimers(clock: DeviceClock, onTimer: (name: string) => void): NamedTimers {
  const cancels = new Map<string, () => void>();
  const cancel = (name: string): void => {
    cancels.get(name)?.();
    cancels.delete(name);
  };
  return {
    schedule: (name, delay) => {
      cancel(name);
      const stop = clock.after(delay, () => {
        cancels.delete(name);
        onTimer(name);
      });
      cancels.set(name, stop);
    },
    cancel,
    cancelAll: () => {
      for (const stop of cancels.values()) stop();
      cancels.clear();
    },
  };
}
