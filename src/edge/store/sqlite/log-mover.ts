import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** A session that writes fewer records than this moves its own log: a thread would cost more than it saves. */
const WORTH_A_THREAD = 2_000;
const WORKER = new URL('./log-mover-worker.ts', import.meta.url);
/** SQLite's own rule, in pages. */
const AUTOMATIC = 1_000;

/**
 * Moves the write-ahead log into the database from a thread of its own. SQLite would do it within a commit, now and then: with
 * thousands of twins that is thousands of scattered pages and a wait for the disk of several hundred milliseconds, in which
 * nobody is answered.
 */
export interface LogMover {
  /** So many records were just committed. */
  committed(records: number): void;
  stop(): Promise<void>;
}

export function createLogMover(path: string, db: DatabaseSync): LogMover {
  let written = 0;
  let worker: Worker | undefined;
  let isStopped = false;

  const start = (): void => {
    worker = new Worker(WORKER, { workerData: { path } });
    worker.unref();
    worker.once('online', () => {
      if (!isStopped) db.exec('PRAGMA wal_autocheckpoint = 0');
    });
    // whatever ended it, the log must not grow for ever
    worker.once('error', () => {});
    worker.once('exit', () => {
      if (!isStopped) db.exec(`PRAGMA wal_autocheckpoint = ${AUTOMATIC}`);
    });
  };

  return {
    committed: (records) => {
      written += records;
      if (written >= WORTH_A_THREAD && worker === undefined && !isStopped) start();
    },
    stop: async () => {
      isStopped = true;
      await worker?.terminate();
    },
  };
}
