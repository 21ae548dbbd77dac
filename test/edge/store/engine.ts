import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Client } from 'pg';
import { openStore } from '#edge/store/open-store';
import { reasonToSkip } from '../../external-programs.ts';

/** A place for a store, and the way of an insider around it. */
export interface Place {
  readonly location: string;
  /** Runs SQL on the database itself; `$` stands for the prefix of a table. */
  readonly raw: (sql: string, ...values: readonly (string | number | bigint | Uint8Array)[]) => Promise<void>;
  readonly remove: () => Promise<void>;
}

export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  readonly newPlace: () => Promise<Place>;
}

/** A temporary folder and how to remove it. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'wardtwin-store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const SQLITE: Engine = {
  name: 'sqlite',
  newPlace: async () => {
    const folder = temporaryFolder();
    const location = join(folder.path, 'history.sqlite');
    const raw: Place['raw'] = async (sql, ...values) => {
      const db = new DatabaseSync(location);
      db.prepare(sql.replaceAll('$.', '').replaceAll(/\$\d/g, '?')).run(...values);
      db.close();
    };
    return { location, raw, remove: async () => folder.remove() };
  },
};

const { env } = process;
const SERVER =
  env['WARDTWIN_TEST_POSTGRES'] ??
  `postgres://${env['PGUSER'] ?? userInfo().username}@${env['PGHOST'] ?? '127.0.0.1'}:${env['PGPORT'] ?? 5432}/test`;

export const POSTGRES: Engine = {
  name: 'postgres',
  newPlace: async () => {
    const schema = `wt_${randomBytes(6).toString('hex')}`;
    const raw: Place['raw'] = async (sql, ...values) => {
      await onServer((client) => client.query(sql.replaceAll('$.', `${schema}.`), values.map(asParameter)));
    };
    return {
      location: `${SERVER}?schema=${schema}`,
      raw,
      remove: () => raw(`DROP SCHEMA IF EXISTS ${schema}, ${schema}_restoring CASCADE`),
    };
  },
};

const asParameter = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value);

export async function onServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: SERVER, connectionTimeoutMillis: 2_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Why the tests on PostgreSQL cannot run here, or false; it throws under continuous integration. */
export async function postgresSkipReason(): Promise<string | false> {
  try {
    await onServer((client) => client.query('SELECT 1'));
    return false;
  } catch (error) {
    const said = error instanceof Error ? error.message : error;
    return reasonToSkip(`no PostgreSQL with a database \`test\` answers: ${said}`);
  }
}

/** Opens stores and closes all of them at the end. */
export function createStores() {
  const open: { close(): Promise<void> }[] = [];
  return {
    open: async (location: string, mode: 'writing' | 'reading' = 'writing') => {
      const store = await openStore(location, mode);
      open.push(store);
      return store;
    },
    closeAll: async () => {
      for (const store of open.splice(0)) await store.close();
    },
  };
}
