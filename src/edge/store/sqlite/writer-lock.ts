import { DatabaseSync } from 'node:sqlite';
import { inUse } from '../store-fault.ts';
import { createPrivateFile } from './connection.ts';
import { isBusy } from './sqlite-fault.ts';

/** The right to write to a store. */
export interface WriterLock {
  release(): void;
}

/**
 * Takes the right to write to the store at `path`. It is an exclusive SQLite lock on an empty database beside the store,
 * which the operating system lets go of when the process ends, however that ends; nothing is left that would have to be
 * cleaned up. The store itself cannot be locked so, because that would keep readers out. The file is never deleted: a lock
 * on a deleted file would exclude nobody. Network file systems without POSIX locks are not supported, neither by SQLite.
 * @throws Fault `store.in-use`
 */
export function takeWriterLock(path: string): WriterLock {
  createPrivateFile(`${path}.lock`);
  const lock = new DatabaseSync(`${path}.lock`, { timeout: 0 });
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    throw isBusy(error) ? inUse(path) : error;
  }
  return { release: () => lock.close() };
}
