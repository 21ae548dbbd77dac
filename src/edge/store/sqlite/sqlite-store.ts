import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { createStoreGuard, type GuardParts, guardReader } from '../guard-reader.ts';
import type { Store, StoreMode } from '../store.ts';
import { requireOpen, unavailable } from '../store-fault.ts';
import { createStoreReader } from '../store-reader.ts';
import type { StoreTables } from '../tables.ts';
import { createAppend } from './append.ts';
import { backupInto } from './backup-file.ts';
import { BUSY_TIMEOUT_MS, canonicalPath, connect } from './connection.ts';
import { createLogMover } from './log-mover.ts';
import { createNodeSqliteDialect } from './node-sqlite-dialect.ts';
import { asStoreFault } from './sqlite-fault.ts';
import { takeWriterLock, type WriterLock } from './writer-lock.ts';

export interface SqliteStoreOptions {
  readonly path: string;
  readonly mode: StoreMode;
}

/**
 * A store in one SQLite file (with `-wal`, `-shm` and `.lock` beside it). The engine works synchronously: a commit takes
 * the thread for as long as the disk takes, which is why commits are grouped by whoever calls.
 * @throws Fault `store.in-use`, `store.absent`, `store.foreign`, `store.newer-schema`, `store.older-schema`,
 * `store.unavailable`, `store.corrupt`
 */
export async function openSqliteStore({ path, mode }: SqliteStoreOptions): Promise<Store> {
  return guarded(() => {
    const file = canonicalPath(path);
    const lock = mode === 'writing' ? takeWriterLock(file) : undefined;
    try {
      return createSqliteStore(file, connect(file, mode), lock);
    } catch (error) {
      lock?.release();
      throw error;
    }
  });
}

/** The file at `path` for reading, whoever has the lock. */
export const openReadOnly = (path: string): Store => createSqliteStore(path, connect(path, 'reading'), undefined);

/** A store over a connection. Without a lock it can only be read. */
function createSqliteStore(path: string, db: DatabaseSync, lock: WriterLock | undefined): Store {
  const reader = createStoreReader(new Kysely<StoreTables>({ dialect: createNodeSqliteDialect(db) }));
  const append = lock === undefined ? undefined : createAppend(db);
  const mover = lock === undefined ? undefined : createLogMover(path, db);
  let isOpen = true;
  let mustScrub = false;
  const parts: GuardParts = { isOpen: () => isOpen, asFault: asStoreFault };
  const read = createStoreGuard(parts);

  const commit: Store['commit'] = async (entries) => {
    requireOpen(isOpen);
    if (append === undefined) throw unavailable('it was opened for reading', 'SQLITE_READONLY');
    guarded(() => append(entries));
    mover?.committed(entries.records.length);
    mustScrub ||= entries.destroyed.length > 0;
    if (mustScrub) mustScrub = !scrub(db);
  };

  return {
    kind: 'sqlite',
    ...guardReader(reader, parts),
    commit,
    backup: (target) =>
      read(async () => {
        const source = connect(path, 'reading');
        try {
          await backupInto(target, source);
        } finally {
          source.close();
        }
      }),
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await mover?.stop();
      if (mustScrub) scrub(db);
      db.close();
      lock?.release();
    },
  };
}

/**
 * Moves the write-ahead log into the database and empties it, so that a destroyed secret is not in the log any longer.
 * False while a reader still needs the log: it is tried again after the next commit.
 */
function scrub(db: DatabaseSync): boolean {
  try {
    // not waiting for readers: the thread would stand still meanwhile
    db.exec('PRAGMA busy_timeout = 0');
    return Number(db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] ?? 1) === 0;
  } catch {
    // the commit itself is durable: a log that could not be emptied now must not report it as failed
    return false;
  } finally {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asStoreFault(error);
  }
}
