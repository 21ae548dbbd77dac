import type { DatabaseSync } from 'node:sqlite';
import { Fault } from '#base/fault';
import type { StoreMode } from '../store.ts';
import { requireSchema } from '../store-fault.ts';

/** Marks a file as ours (`PRAGMA application_id`): "WTwn". */
const APPLICATION_ID = 0x57_54_77_6e;

/**
 * One step from each schema version to the next; `PRAGMA user_version` counts the steps taken. A step is never changed once
 * it was released. Tables are STRICT, so that a column holds the type that it names.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE record (
     position INTEGER PRIMARY KEY, subject TEXT NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL,
     sealed BLOB NOT NULL, leaf BLOB NOT NULL
   ) STRICT;
   CREATE INDEX record_by_subject ON record (subject, position);
   CREATE INDEX record_by_kind ON record (kind, position);
   CREATE INDEX record_by_time ON record (at);
   CREATE TABLE block ("index" INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT;
   CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, at INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
   CREATE TABLE secret (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL, root_key_id TEXT NOT NULL) STRICT;
   CREATE TABLE snapshot (name TEXT PRIMARY KEY, position INTEGER NOT NULL, version TEXT NOT NULL, sealed BLOB NOT NULL) STRICT;`,
];

/**
 * Brings the schema up to date, or for reading requires that it is.
 * @throws Fault `store.foreign` for a database of something else, `store.newer-schema`, `store.older-schema`
 */
export function bringUpToDate(db: DatabaseSync, path: string, mode: StoreMode): void {
  const version = integerOf(db, 'PRAGMA user_version');
  requireOurs(db, path, version);
  requireSchema(path, version, STEPS.length, mode);
  if (version === STEPS.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of STEPS.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec(`PRAGMA user_version = ${STEPS.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function requireOurs(db: DatabaseSync, path: string, version: number): void {
  if (integerOf(db, 'PRAGMA application_id') === APPLICATION_ID) return;
  if (version === 0 && integerOf(db, 'SELECT count(*) FROM sqlite_schema') === 0) return;
  throw new Fault('store.foreign', `store: \`${path}\` is a database of another program; name another file`, { path });
}

const integerOf = (db: DatabaseSync, sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0]);
