import { Client } from 'pg';
import { Fault } from '#base/fault';
import { copyStore } from '../copy-store.ts';
import { requireEmpty } from '../require-empty.ts';
import { openSqliteStore } from '../sqlite/sqlite-store.ts';
import { inUse } from '../store-fault.ts';
import { connectionConfig } from './connection.ts';
import { asStoreFault } from './postgres-fault.ts';
import { type PostgresLocation, parsePostgresUrl, withSchema } from './postgres-location.ts';
import { openAt } from './postgres-store.ts';
import { schemaVersion } from './schema.ts';
import { tryLock } from './writer-session.ts';

/** Restores a backup to a server: copied into a schema beside the target first, then given its name in one transaction. */
export async function restorePostgres(backupPath: string, url: string): Promise<void> {
  const target = parsePostgresUrl(url);
  const staging = withSchema(target, `${target.schema}_restoring`);
  const source = await openSqliteStore({ path: backupPath, mode: 'reading' });
  try {
    await withClient(target, async (client) => {
      await requireRoom(client, target);
      await dropLeftover(client, staging);
    });
    const copy = await openAt(staging, 'writing');
    try {
      await copyStore(source, (commit) => copy.commit(commit));
    } finally {
      await copy.close();
    }
    await withClient(target, (client) => putInPlace(client, staging, target));
  } catch (error) {
    throw asStoreFault(error, target.label);
  } finally {
    await source.close();
  }
}

async function withClient<T>(location: PostgresLocation, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(connectionConfig(location, 'wardtwin restore'));
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Takes the target's writer lock, for as long as `client` lives. @throws Fault `store.in-use`, `store.not-empty` */
async function requireRoom(client: Client, target: PostgresLocation): Promise<void> {
  if (!(await tryLock(client, target.schema))) throw inUse(target.label);
  if ((await schemaVersion(client, target)) === 0) {
    await requireUnused(client, target);
    return;
  }
  const store = await openAt(target, 'reading');
  try {
    await requireEmpty(store, target.label);
  } finally {
    await store.close();
  }
}

/** INVARIANT: a schema is dropped only when it is an empty store of ours, or holds nothing at all. @throws Fault `store.foreign` */
async function requireUnused(client: Client, { schema, label }: PostgresLocation): Promise<void> {
  const { rows } = await client.query(
    `SELECT EXISTS (SELECT FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace($1))
     OR $1 IN ('public', 'pg_catalog', 'information_schema') AS used`,
    [schema],
  );
  if (rows[0]?.used !== true) return;
  throw new Fault('store.foreign', `restore: \`${label}\` holds something else; name another schema`, {
    location: label,
  });
}

/** What an interrupted restore left. @throws Fault `store.in-use` when one is running */
async function dropLeftover(client: Client, staging: PostgresLocation): Promise<void> {
  if (!(await tryLock(client, staging.schema))) throw inUse(staging.label);
  await client.query(`DROP SCHEMA IF EXISTS ${staging.schema} CASCADE`);
}

async function putInPlace(client: Client, staging: PostgresLocation, target: PostgresLocation): Promise<void> {
  await requireRoom(client, target);
  await client.query('BEGIN');
  await client.query(`DROP SCHEMA IF EXISTS ${target.schema} CASCADE`);
  await client.query(`ALTER SCHEMA ${staging.schema} RENAME TO ${target.schema}`);
  await client.query('COMMIT');
  // until the server has looked at so many new rows by itself, it would choose the wrong indexes
  await client.query(`ANALYZE ${target.schema}.record`);
}
