import type { Client } from 'pg';
import { requireContinuation } from '../check-commit.ts';
import type { Commit } from '../store.ts';

/**
 * Writes a commit in one transaction. Rows go as arrays, one per column, so that a commit of thousands of records is one
 * statement. @throws what the driver throws, Fault `store.conflict`
 */
export async function append(client: Client, schema: string, commit: Commit): Promise<void> {
  await client.query('BEGIN');
  try {
    const last = await client.query(`SELECT coalesce(max(position), -1) AS position FROM ${schema}.record`);
    requireContinuation(commit, Number(last.rows[0]?.position) + 1);
    for (const { text, rows, columns } of statementsOf(schema, commit)) {
      if (rows > 0) await client.query(text, [...columns]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await rollBack(client);
    throw error;
  }
}

/** A session that cannot be rolled back is as good as lost: the error has no SQLSTATE, so the session is given up. */
async function rollBack(client: Client): Promise<void> {
  try {
    await client.query('ROLLBACK');
  } catch {
    throw new Error('connection lost within a transaction');
  }
}

interface Statement {
  readonly text: string;
  readonly rows: number;
  readonly columns: readonly (readonly unknown[])[];
}

function statementsOf(schema: string, commit: Commit): readonly Statement[] {
  const { records, blocks, checkpoints, secrets, destroyed, snapshots } = commit;
  return [
    {
      text: `INSERT INTO ${schema}.record (position, subject, kind, at, sealed, leaf)
             SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::bytea[])`,
      rows: records.length,
      columns: [
        records.map(({ position }) => position),
        records.map(({ subject }) => subject),
        records.map(({ kind }) => kind),
        records.map(({ at }) => at),
        records.map(({ sealed }) => asBuffer(sealed)),
        records.map(({ leaf }) => asBuffer(leaf)),
      ],
    },
    {
      text: `INSERT INTO ${schema}.block ("index", digest) SELECT * FROM unnest($1::bigint[], $2::bytea[])`,
      rows: blocks.length,
      columns: [blocks.map(({ index }) => index), blocks.map(({ digest }) => asBuffer(digest))],
    },
    {
      text: `INSERT INTO ${schema}.checkpoint (size, at, note) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])
             ON CONFLICT (size) DO UPDATE SET at = excluded.at, note = excluded.note`,
      rows: checkpoints.length,
      columns: [
        checkpoints.map(({ size }) => size),
        checkpoints.map(({ at }) => at),
        checkpoints.map(({ note }) => note),
      ],
    },
    {
      text: `INSERT INTO ${schema}.secret (name, wrapped, root_key_id) SELECT * FROM unnest($1::text[], $2::bytea[], $3::text[])
             ON CONFLICT (name) DO UPDATE SET wrapped = excluded.wrapped, root_key_id = excluded.root_key_id`,
      rows: secrets.length,
      columns: [
        secrets.map(({ name }) => name),
        secrets.map(({ wrapped }) => asBuffer(wrapped)),
        secrets.map(({ rootKeyId }) => rootKeyId),
      ],
    },
    {
      text: `DELETE FROM ${schema}.secret WHERE name = ANY ($1::text[])`,
      rows: destroyed.length,
      columns: [destroyed],
    },
    {
      text: `INSERT INTO ${schema}.snapshot (name, position, version, sealed)
             SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[])
             ON CONFLICT (name) DO UPDATE
             SET position = excluded.position, version = excluded.version, sealed = excluded.sealed`,
      rows: snapshots.length,
      columns: [
        snapshots.map(({ name }) => name),
        snapshots.map(({ position }) => position),
        snapshots.map(({ version }) => version),
        snapshots.map(({ sealed }) => asBuffer(sealed)),
      ],
    },
  ];
}

/** Without copying. The driver writes only `Buffer`s as bytes. */
const asBuffer = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);
