import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool } from 'pg';
import { Fault } from '#base/fault';
import { copyStore } from '../copy-store.ts';
import { createStoreGuard, type GuardParts, guardReader } from '../guard-reader.ts';
import { writeBackup } from '../sqlite/backup-file.ts';
import type { Store, StoreMode } from '../store.ts';
import { unavailable } from '../store-fault.ts';
import { createStoreReader } from '../store-reader.ts';
import type { StoreTables } from '../tables.ts';
import { append } from './append.ts';
import { connectionConfig } from './connection.ts';
import { asStoreFault } from './postgres-fault.ts';
import { type PostgresLocation, parsePostgresUrl } from './postgres-location.ts';
import { requireReadable } from './schema.ts';
import { openWriterSession, type WriterSession } from './writer-session.ts';

/** Connections for reading beside the one that writes. */
const READERS = 4;

export interface PostgresStoreOptions {
  /** `postgres://user@host/database?schema=wardtwin` */
  readonly url: string;
  readonly mode: StoreMode;
}

/**
 * A store in a schema of its own of a PostgreSQL server. A connection that is lost is made again at the next call.
 * @throws Fault `store.location`, `store.unprotected`, `store.not-durable`, `store.absent`, `store.in-use`,
 * `store.newer-schema`, `store.older-schema`, `store.unavailable`
 */
export async function openPostgresStore({ url, mode }: PostgresStoreOptions): Promise<Store> {
  return await openAt(parsePostgresUrl(url), mode);
}

/** The same for a location that was parsed before. */
export async function openAt(location: PostgresLocation, mode: StoreMode): Promise<Store> {
  try {
    if (mode === 'reading') {
      await requirePresent(location);
      return createPostgresStore(location, undefined);
    }
    const writer = await openWriterSession(location);
    await scrub(writer, location.schema);
    return createPostgresStore(location, writer);
  } catch (error) {
    throw asStoreFault(error, location.label);
  }
}

async function requirePresent(location: PostgresLocation): Promise<void> {
  const client = new Client(connectionConfig(location, 'wardtwin'));
  client.on('error', () => {});
  await client.connect();
  try {
    const version = await requireReadable(client, location, 'writing');
    if (version === 0) {
      throw new Fault('store.absent', `store: there is nothing at \`${location.label}\``, { location: location.label });
    }
    await requireReadable(client, location, 'reading');
  } finally {
    await client.end();
  }
}

function createPostgresStore(location: PostgresLocation, writer: WriterSession | undefined): Store {
  const { schema, label } = location;
  const pool = new Pool({
    ...connectionConfig(location, 'wardtwin reader'),
    max: READERS,
    options: '-c default_transaction_read_only=on',
  });
  // an idle connection that is lost is replaced at the next query
  pool.on('error', () => {});
  const db = new Kysely<StoreTables>({ dialect: new PostgresDialect({ pool }) }).withSchema(schema);
  const reader = createStoreReader(db);
  let isOpen = true;
  let mustScrub = false;
  const parts: GuardParts = { isOpen: () => isOpen, asFault: (error) => asStoreFault(error, label) };
  const guarded = createStoreGuard(parts);

  const commit: Store['commit'] = (entries) =>
    guarded(async () => {
      if (writer === undefined) throw unavailable('it was opened for reading', 'read only');
      await writer.run((client) => append(client, schema, entries));
      mustScrub ||= entries.destroyed.length > 0;
      if (mustScrub) mustScrub = !(await scrub(writer, schema));
    });

  const backup: Store['backup'] = (path) =>
    guarded(() =>
      db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((instant) => writeBackup(path, (target) => copyStore(createStoreReader(instant), target))),
    );

  return {
    kind: 'postgres',
    ...guardReader(reader, parts),
    commit,
    backup,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await writer?.close().catch(() => {});
      await pool.end();
    },
  };
}

/**
 * Rewrites the small table of secrets into a new file, so that a destroyed one is not in the old pages any longer. The
 * server's write-ahead log, its archive and its replicas keep theirs for as long as they are set to.
 */
async function scrub(writer: WriterSession, schema: string): Promise<boolean> {
  try {
    await writer.run((client) => client.query(`VACUUM FULL ${schema}.secret`));
    return true;
  } catch {
    // the commit itself is durable: it must not be reported as failed
    return false;
  }
}
