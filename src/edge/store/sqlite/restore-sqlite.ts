import { existsSync, rmSync } from 'node:fs';
import { renameDurably } from '../../machine/durable-file.ts';
import { requireEmpty } from '../require-empty.ts';
import { backupInto } from './backup-file.ts';
import { canonicalPath, connect } from './connection.ts';
import { asStoreFault } from './sqlite-fault.ts';
import { openReadOnly } from './sqlite-store.ts';
import { takeWriterLock } from './writer-lock.ts';

/** Restores a backup to a path: copied beside it first, then given its name. */
export async function restoreSqlite(backupPath: string, path: string): Promise<void> {
  try {
    const target = canonicalPath(path);
    const lock = takeWriterLock(target);
    try {
      if (existsSync(target)) await requireEmptyFile(target);
      await copyInto(backupPath, target);
    } finally {
      lock.release();
    }
  } catch (error) {
    throw asStoreFault(error);
  }
}

async function requireEmptyFile(path: string): Promise<void> {
  const store = openReadOnly(path);
  try {
    await requireEmpty(store, path);
  } finally {
    await store.close();
  }
}

async function copyInto(backupPath: string, target: string): Promise<void> {
  const staging = `${target}.restoring`;
  const source = connect(canonicalPath(backupPath), 'reading');
  try {
    // left over from a restore that was interrupted; the lock says that none is running
    rmSync(staging, { force: true });
    await backupInto(staging, source);
  } finally {
    source.close();
  }
  // the log of the empty store must not be taken for one of the restored one
  for (const suffix of ['-wal', '-shm']) rmSync(target + suffix, { force: true });
  renameDurably(staging, target);
}
