import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

/** How often, in milliseconds. */
const PERIOD = 500;
/** From this many pages on the log is begun anew: writers wait while the last few are moved, some milliseconds. */
const LONG_LOG = 4_000;

const { path } = workerData as { readonly path: string };
const db = new DatabaseSync(path, { timeout: 1_000 });
db.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0');
const passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
const restart = db.prepare('PRAGMA wal_checkpoint(RESTART)');

setInterval(() => {
  try {
    const pages = Number(passive.get()?.['log'] ?? 0);
    if (pages >= LONG_LOG) restart.get();
  } catch {
    // busy, or the disk is full: the log stays where it is, and nothing is lost
  }
}, PERIOD);
