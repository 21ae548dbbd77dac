import type { Client } from 'pg';
import type { StoreMode } from '../store.ts';
import { requireSchema } from '../store-fault.ts';
import type { PostgresLocation } from './postgres-location.ts';

/**
 * One step from each schema version to the next; the table `schema_version` counts the steps taken. A step is never changed
 * once it was released. `$` stands for the schema's name.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE $.record (
     position bigint PRIMARY KEY, subject text NOT NULL, kind text NOT NULL, at bigint NOT NULL,
     sealed bytea NOT NULL, leaf bytea NOT NULL
   );
   -- sealed records are encrypted: compressing them costs time and gains nothing
   ALTER TABLE $.record ALTER COLUMN sealed SET STORAGE EXTERNAL;
   CREATE INDEX record_by_subject ON $.record (subject, position);
   CREATE INDEX record_by_kind ON $.record (kind, position);
   CREATE INDEX record_by_time ON $.record (at, position);
   CREATE TABLE $.block ("index" bigint PRIMARY KEY, digest bytea NOT NULL);
   CREATE TABLE $.checkpoint (size bigint PRIMARY KEY, at bigint NOT NULL, note text NOT NULL);
   CREATE TABLE $.secret (name text PRIMARY KEY, wrapped bytea NOT NULL, root_key_id text NOT NULL);
   CREATE TABLE $.snapshot (name text PRIMARY KEY, position bigint NOT NULL, version text NOT NULL, sealed bytea NOT NULL);
   CREATE TABLE $.writer (one boolean PRIMARY KEY DEFAULT true CHECK (one), generation bigint NOT NULL);
   INSERT INTO $.writer (generation) VALUES (0);`,
];

/** Which version of the schema is there; 0 for none. */
export async function schemaVersion(client: Client, { schema }: PostgresLocation): Promise<number> {
  const table = await client.query('SELECT to_regclass($1) IS NOT NULL AS present', [`${schema}.schema_version`]);
  if (table.rows[0]?.present !== true) return 0;
  const version = await client.query(`SELECT version FROM ${schema}.schema_version`);
  return Number(version.rows[0]?.version ?? 0);
}

/** Requires the schema that this version reads. @throws Fault `store.newer-schema`, `store.older-schema` */
export async function requireReadable(client: Client, location: PostgresLocation, mode: StoreMode): Promise<number> {
  const version = await schemaVersion(client, location);
  requireSchema(location.label, version, STEPS.length, mode);
  return version;
}

/** Brings the schema up to date, under the writer's lock. @throws Fault `store.newer-schema` */
export async function bringUpToDate(client: Client, location: PostgresLocation): Promise<void> {
  const { schema } = location;
  const version = await requireReadable(client, location, 'writing');
  if (version === STEPS.length) return;
  await client.query('BEGIN');
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${schema}.schema_version (version integer NOT NULL)`);
    for (const step of STEPS.slice(version)) await client.query(step.replaceAll('$', schema));
    await client.query(`DELETE FROM ${schema}.schema_version`);
    await client.query(`INSERT INTO ${schema}.schema_version VALUES (${STEPS.length})`);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
