import type { DatabaseSync } from 'node:sqlite';
import { requireContinuation } from '../check-commit.ts';
import type { Commit } from '../store.ts';

/** Writes a commit: all of it or nothing. @throws what SQLite throws, Fault `store.conflict` */
export type Append = (commit: Commit) => void;

export function createAppend(db: DatabaseSync): Append {
  const last = db.prepare('SELECT coalesce(max(position), -1) AS position FROM record');
  const record = db.prepare('INSERT INTO record (position, subject, kind, at, sealed, leaf) VALUES (?, ?, ?, ?, ?, ?)');
  const block = db.prepare('INSERT INTO block ("index", digest) VALUES (?, ?)');
  const checkpoint = db.prepare('INSERT OR REPLACE INTO checkpoint (size, at, note) VALUES (?, ?, ?)');
  const secret = db.prepare('INSERT OR REPLACE INTO secret (name, wrapped, root_key_id) VALUES (?, ?, ?)');
  const overwrite = db.prepare('UPDATE secret SET wrapped = zeroblob(length(wrapped)) WHERE name = ?');
  const erase = db.prepare('DELETE FROM secret WHERE name = ?');
  const snapshot = db.prepare('INSERT OR REPLACE INTO snapshot (name, position, version, sealed) VALUES (?, ?, ?, ?)');

  const write = (commit: Commit): void => {
    requireContinuation(commit, Number(last.get()?.['position']) + 1);
    for (const { position, subject, kind, at, sealed, leaf } of commit.records) {
      record.run(position, subject, kind, at, sealed, leaf);
    }
    for (const { index, digest } of commit.blocks) block.run(index, digest);
    for (const { size, at, note } of commit.checkpoints) checkpoint.run(size, at, note);
    for (const { name, wrapped, rootKeyId } of commit.secrets) secret.run(name, wrapped, rootKeyId);
    for (const name of commit.destroyed) {
      overwrite.run(name);
      erase.run(name);
    }
    for (const { name, position, version, sealed } of commit.snapshots) snapshot.run(name, position, version, sealed);
  };

  return (commit) => {
    db.exec('BEGIN IMMEDIATE');
    try {
      write(commit);
      db.exec('COMMIT');
    } catch (error) {
      // a full disk may have ended the transaction already
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };
}
