import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { backup, type DatabaseSync } from 'node:sqlite';
import { Fault } from '#base/fault';
import { PRIVATE, syncFolder } from '../../machine/durable-file.ts';
import { type Append, createAppend } from './append.ts';
import { connect, errorCode } from './connection.ts';

/** Pages that are copied between two looks at other work: about 4 MB. */
const PAGES_PER_STEP = 1_024;

/**
 * Copies the database of `db` into the new file `path`. `db` is a connection of its own, for reading: the read transaction
 * that is held on it keeps the copy at one instant and lets the writer go on, which would otherwise start the copy anew.
 * @throws Fault `store.backup`
 */
export async function backupInto(path: string, db: DatabaseSync): Promise<void> {
  await intoNewFile(path, async () => {
    db.exec('BEGIN');
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
    await backup(db, path, { rate: PAGES_PER_STEP });
  });
}

/** Writes a store into the new file `path`, by commits. @throws Fault `store.backup` */
export async function writeBackup(path: string, fill: (append: Append) => Promise<void>): Promise<void> {
  await intoNewFile(path, async () => {
    // without a lock: nobody else knows of the file yet
    const db = connect(path, 'writing');
    try {
      await fill(createAppend(db));
    } finally {
      db.close();
    }
  });
}

/** Creates `path`, lets `fill` fill it, and makes it durable; on failure nothing is left. @throws Fault `store.backup` */
async function intoNewFile(path: string, fill: () => Promise<void>): Promise<void> {
  try {
    // exclusive: a backup never replaces another one
    closeSync(openSync(path, 'wx', PRIVATE));
  } catch (error) {
    throw backupFault(path, errorCode(error));
  }
  try {
    await fill();
    const file = openSync(path, 'r+');
    fsyncSync(file);
    closeSync(file);
    syncFolder(dirname(path));
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
    throw error instanceof Fault ? error : backupFault(path, errorCode(error));
  }
}

function backupFault(path: string, cause: string): Fault {
  const what = cause === 'EEXIST' ? 'exists; name a new file' : `cannot be written (\`${cause}\`)`;
  return new Fault('store.backup', `backup: \`${path}\` ${what}`, { path, cause });
}
