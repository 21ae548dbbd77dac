import { closeSync, existsSync, openSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Fault } from '#base/fault';
import { PRIVATE, syncFolder } from '../../machine/durable-file.ts';
import type { StoreMode } from '../store.ts';
import { unavailable } from '../store-fault.ts';
import { bringUpToDate } from './schema.ts';

/** How long a statement waits for another connection, in milliseconds. Writers never wait for each other: there is one. */
export const BUSY_TIMEOUT_MS = 5_000;
/** Greatest size in bytes at which an idle write-ahead log is left. */
const LOG_LIMIT = 64 * 1_048_576;

/**
 * A connection to the store at `path`, its schema up to date. Readable by its owner only. Writing creates what is missing.
 * @throws Fault `store.absent` when there is nothing to read
 */
export function connect(path: string, mode: StoreMode): DatabaseSync {
  if (mode === 'writing') createPrivateFile(path);
  else if (!existsSync(path)) throw new Fault('store.absent', `store: there is no \`${path}\``, { path });
  const db = new DatabaseSync(path, {
    readOnly: mode === 'reading',
    readBigInts: true,
    timeout: BUSY_TIMEOUT_MS,
    enableForeignKeyConstraints: true,
    defensive: true,
  });
  try {
    if (mode === 'writing') db.exec(WRITING);
    bringUpToDate(db, path, mode);
    // figures about the tables, by which SQLite chooses between their indexes; a bounded look at each
    if (mode === 'writing') db.exec('PRAGMA optimize = 0x10002');
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/**
 * FULL: a commit is on disk when it returns, in write-ahead mode too. secure_delete: what is deleted is overwritten with
 * zeroes in the database itself.
 */
const WRITING = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA secure_delete = ON;
  PRAGMA journal_size_limit = ${LOG_LIMIT};
`;

/** SQLite would create the file readable by everybody; its log and index take over the mode of the database. */
export function createPrivateFile(path: string): void {
  if (existsSync(path)) return;
  try {
    closeSync(openSync(path, 'wx', PRIVATE));
    syncFolder(dirname(path));
  } catch (error) {
    throw unavailable(`\`${path}\` cannot be created`, errorCode(error));
  }
}

/** The one name of a file that may not exist yet, so that two names of one store are one lock. */
export function canonicalPath(path: string): string {
  try {
    return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    const isThere = errorCode(error) !== 'ENOENT';
    const what = isThere ? 'cannot be opened' : 'is no folder that is there; name the one that `serve` made';
    throw unavailable(`\`${dirname(path)}\` ${what}`, errorCode(error));
  }
}

export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
