import { setTimeout } from 'node:timers/promises';
import { Fault } from '#base/fault';
import { type Millis, SECOND } from '#base/time';
import { isPostgresLocation, openStore } from './open-store.ts';
import type { Store } from './store.ts';

/** PostgreSQL notices after this, at most, that a platform which was killed is gone, and gives its lock back. */
const PATIENCE: Millis = 10 * SECOND;
const BETWEEN: Millis = SECOND / 20;

/** Opens a store for writing. The lock of a SQLite file goes with its process, so there is nothing to wait for there. */
export async function openWhenFree(location: string): Promise<Store> {
  const until = performance.now() + (isPostgresLocation(location) ? PATIENCE : 0);
  for (;;) {
    try {
      return await openStore(location, 'writing');
    } catch (error) {
      const isTaken = error instanceof Fault && error.code === 'store.in-use';
      if (!isTaken || performance.now() >= until) throw error;
      await setTimeout(BETWEEN);
    }
  }
}
