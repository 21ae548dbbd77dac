import { causeOf } from '#base/cause-of';
import type { Millis } from '#base/time';
import type { Closers } from './closers.ts';
import type { Log } from './log.ts';

/** What is looked at from time to time. */
export interface Sweep {
  readonly what: string;
  readonly every: Millis;
  readonly run: () => Promise<unknown>;
}

/** Runs each until it is closed; one that fails is logged and tried again when its time comes. */
export function startSweeps(log: Log, closers: Closers, sweeps: readonly Sweep[]): void {
  for (const { what, every, run } of sweeps) {
    const failed = (error: unknown): void => log('warn', `${what} failed`, { cause: causeOf(error) });
    const timer = setInterval(() => void run().catch(failed), every);
    closers.add(async () => clearInterval(timer));
  }
}
