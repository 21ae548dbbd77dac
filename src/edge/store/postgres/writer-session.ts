import { Client } from 'pg';
import { toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { randomSecret } from '#crypto/secret';
import { conflict, inUse } from '../store-fault.ts';
import { connectionConfig } from './connection.ts';
import type { PostgresLocation } from './postgres-location.ts';
import { bringUpToDate } from './schema.ts';

/** How often the end of our own lost session is waited for before somebody else is taken to be writing. */
const TAKEOVER_TRIES = 20;

/** The one connection that writes. It holds the writer's lock for as long as it lives. */
export interface WriterSession {
  /**
   * Runs `work` on the connection, one caller after the other. A lost connection is made again first, and takes the lock again.
   * @throws Fault `store.in-use` when somebody else has the lock now, `store.conflict` when somebody else wrote meanwhile
   */
  run<T>(work: (client: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Opens the session: takes the lock, brings the schema up to date, and counts the opening.
 *
 * The lock is PostgreSQL's advisory lock of a session. INVARIANT: whatever is committed goes over the connection that holds
 * the lock, so that who has lost the one has lost the other; there is no moment in which a commit could go through without
 * it. (A connection pooler that hands one session to several clients breaks this: connect to the server itself.) The
 * generation tells a session that comes back whether another writer was there in between.
 */
export async function openWriterSession(location: PostgresLocation): Promise<WriterSession> {
  const applicationName = `wardtwin ${toHex(randomSecret(8))}`;
  let client: Client | undefined;
  let processId: number | undefined;
  let generation: number | undefined;
  let overtaken: Fault | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const connect = async (): Promise<Client> => {
    const fresh = new Client(connectionConfig(location, applicationName));
    // a lost connection is an error of the query that meets it; unheard, the event would end the process
    fresh.on('error', () => discard(fresh));
    fresh.on('end', () => discard(fresh));
    try {
      await fresh.connect();
      await requireDurable(fresh, location);
      await takeLock(fresh, location, { processId, applicationName });
      await bringUpToDate(fresh, location);
      generation = await claim(fresh, location, generation);
    } catch (error) {
      if (error instanceof Fault && error.code === 'store.conflict') overtaken = error;
      fresh.end().catch(() => {});
      throw error;
    }
    processId = await ownProcessId(fresh);
    client = fresh;
    return fresh;
  };

  const discard = (lost: Client): void => {
    if (client !== lost) return;
    client = undefined;
    lost.end().catch(() => {});
  };

  const attempt = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    if (overtaken !== undefined) throw overtaken;
    const session = client ?? (await connect());
    try {
      return await work(session);
    } catch (error) {
      // only the server's own answers, which carry a SQLSTATE, and ours leave the session in a state that is known
      if (!(error instanceof Fault) && !hasSqlState(error)) discard(session);
      throw error;
    }
  };

  await connect();
  return {
    run: (work) => {
      const result = turn.then(() => attempt(work));
      turn = result.catch(() => {});
      return result;
    },
    close: async () => {
      await turn;
      const last = client;
      client = undefined;
      await last?.end();
    },
  };
}

const hasSqlState = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)) && 'severity' in error;

/** A server that does not write to disk cannot keep what it acknowledged. @throws Fault `store.not-durable` */
async function requireDurable(client: Client, { label }: PostgresLocation): Promise<void> {
  const { rows } = await client.query(
    `SELECT current_setting('fsync') AS fsync, set_config('synchronous_commit', 'on', false)
     WHERE current_setting('synchronous_commit') = 'off' OR current_setting('fsync') = 'off'`,
  );
  if (rows[0]?.fsync !== 'off') return;
  throw new Fault('store.not-durable', `store: \`${label}\` runs with fsync off; turn it on in postgresql.conf`, {
    location: label,
  });
}

const LOCK_KEY = `hashtextextended('wardtwin writer ' || $1, 0)`;

/** Whether this connection now has the right to write to a schema. */
export async function tryLock(client: Client, schema: string): Promise<boolean> {
  const { rows } = await client.query(`SELECT pg_try_advisory_lock(${LOCK_KEY}) AS locked`, [schema]);
  return rows[0]?.locked === true;
}

/**
 * After a broken network the server may still keep our lost session, and the lock with it, for minutes. That session is
 * known by process id and the random name that only we have: it is ended, nobody else's ever is.
 */
async function takeLock(
  client: Client,
  { schema, label }: PostgresLocation,
  lost: { readonly processId: number | undefined; readonly applicationName: string },
): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    if (await tryLock(client, schema)) return;
    if (lost.processId === undefined || tries === TAKEOVER_TRIES) throw inUse(label);
    // pg_sleep gives the server time to end it; at the last try it has had a second
    await client.query(
      `SELECT pg_terminate_backend(pid), pg_sleep(0.05) FROM pg_stat_activity
       WHERE pid = $1 AND application_name = $2 AND pid <> pg_backend_pid()`,
      [lost.processId, lost.applicationName],
    );
  }
}

/** Counts an opening, or finds that the last one is still ours. @throws Fault `store.conflict` */
async function claim(client: Client, { schema }: PostgresLocation, ours: number | undefined): Promise<number> {
  const { rows } = await client.query(
    ours === undefined
      ? `UPDATE ${schema}.writer SET generation = generation + 1 RETURNING generation`
      : `SELECT generation FROM ${schema}.writer`,
  );
  const generation = Number(rows[0]?.generation);
  if (ours !== undefined && generation !== ours)
    throw conflict('another writer was there while the connection was lost');
  return generation;
}

async function ownProcessId(client: Client): Promise<number> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  return Number(rows[0]?.pid);
}
