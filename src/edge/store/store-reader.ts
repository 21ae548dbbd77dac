import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { assert } from '#base/assert';
import type { Position, RecordKind } from '#mirror/history/record';
import {
  PAGE_LIMIT,
  type RecordQuery,
  type Store,
  type StoredBlock,
  type StoredCheckpoint,
  type StoredRecord,
  type StoredSecret,
  type StoredSnapshot,
} from './store.ts';
import type { CheckpointRow, RecordRow, StoreTables } from './tables.ts';

/** Most rows and, but for a single record that is larger, most sealed bytes of one page of `records`. */
const PAGE_ROWS = 1_000;
const PAGE_BYTES = 4 * 1_048_576;

/** What both engines read with the same queries. Errors are the engine's own. */
export type StoreReader = Omit<Store, 'kind' | 'commit' | 'backup' | 'close'>;

export function createStoreReader(db: Kysely<StoreTables>): StoreReader {
  // Positions beyond the safe integers are not records of ours: they count for nothing, and what is missing is missing.
  const size = async (): Promise<number> => {
    const last = db
      .selectFrom('record')
      .select('position')
      .where('position', '>=', 0)
      .where('position', '<', Number.MAX_SAFE_INTEGER)
      .orderBy('position', 'desc')
      .limit(1);
    const position = (await last.executeTakeFirst())?.position ?? -1;
    return position + 1;
  };

  /** The end of the page that starts at `from`: the sizes are read first, so that large records make short pages. */
  const pageEnd = async (from: Position, to: Position): Promise<Position | undefined> => {
    const rows = await db
      .selectFrom('record')
      .select(['position', sql<number>`octet_length(sealed)`.as('bytes')])
      .where('position', '>=', from)
      .where('position', '<', to)
      .orderBy('position')
      .limit(PAGE_ROWS)
      .execute();
    let bytes = 0;
    for (const [index, row] of rows.entries()) {
      bytes += row.bytes;
      if (bytes > PAGE_BYTES && index > 0) return row.position;
    }
    const last = rows.at(-1);
    return last === undefined ? undefined : last.position + 1;
  };

  async function* records(from: Position, to: Position): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    for (let start = from; start < to; ) {
      const end = await pageEnd(start, to);
      // a damaged index gives rows out of order: without getting on there would be no end
      if (end === undefined || end <= start) return;
      const page = db
        .selectFrom('record')
        .selectAll()
        .where('position', '>=', start)
        .where('position', '<', end)
        .orderBy('position');
      yield (await page.execute()).map(toRecord);
      start = end;
    }
  }

  const find = async (query: RecordQuery): Promise<readonly StoredRecord[]> => {
    assert(query.limit >= 0 && query.limit <= PAGE_LIMIT, `a query finds at most ${PAGE_LIMIT} records`);
    let wanted = db.selectFrom('record').selectAll().limit(query.limit);
    if (query.subject !== undefined) wanted = wanted.where('subject', '=', query.subject);
    if (query.kinds !== undefined) {
      if (query.kinds.length === 0) return [];
      wanted = wanted.where('kind', 'in', query.kinds);
    }
    if (query.from !== undefined) wanted = wanted.where('at', '>=', query.from);
    if (query.to !== undefined) wanted = wanted.where('at', '<', query.to);
    if (query.after !== undefined) wanted = wanted.where('position', '>', query.after);
    if (query.before !== undefined) wanted = wanted.where('position', '<', query.before);
    const rows = await wanted.orderBy('position', query.descending === true ? 'desc' : 'asc').execute();
    return rows.map(toRecord);
  };

  const leaves = async (from: Position, to: Position): Promise<readonly (Uint8Array | undefined)[]> => {
    const found: (Uint8Array | undefined)[] = new Array(Math.max(0, to - from)).fill(undefined);
    for (let start = from; start < to; start += PAGE_LIMIT) {
      const rows = await db
        .selectFrom('record')
        .select(['position', 'leaf'])
        .where('position', '>=', start)
        .where('position', '<', Math.min(to, start + PAGE_LIMIT))
        .execute();
      // copied: a driver's view may hold on to all that it read from the network
      for (const { position, leaf } of rows) {
        if (position >= start && position < to) found[position - from] = asBytes(leaf).slice();
      }
    }
    return found;
  };

  const blocks = async (): Promise<readonly StoredBlock[]> => {
    const rows = await db.selectFrom('block').selectAll().orderBy('index').execute();
    return rows.map(({ index, digest }) => ({ index: asNumber(index), digest: asBytes(digest).slice() }));
  };

  const checkpoints = async (atMost?: number): Promise<readonly StoredCheckpoint[]> => {
    const all = db.selectFrom('checkpoint').select(['size', 'at', 'note']);
    const wanted =
      atMost === undefined ? all.orderBy('size') : all.where('size', '<=', atMost).orderBy('size', 'desc').limit(1);
    return (await wanted.execute()).map(toCheckpoint);
  };

  const checkpointsAfter = async (size: number | undefined, limit: number): Promise<readonly StoredCheckpoint[]> => {
    const all = db.selectFrom('checkpoint').select(['size', 'at', 'note']);
    const next = size === undefined ? all : all.where('size', '>', size);
    return (await next.orderBy('size').limit(limit).execute()).map(toCheckpoint);
  };

  const secrets = async (): Promise<readonly StoredSecret[]> => {
    const rows = await db.selectFrom('secret').selectAll().orderBy('name').execute();
    return rows.map(({ name, wrapped, root_key_id }) => ({
      name: asText(name),
      wrapped: asBytes(wrapped),
      rootKeyId: asText(root_key_id),
    }));
  };

  const snapshots = async (): Promise<readonly StoredSnapshot[]> => {
    const rows = await db.selectFrom('snapshot').selectAll().orderBy('name').execute();
    return rows.map(({ name, position, version, sealed }) => ({
      name: asText(name),
      position: asNumber(position),
      version: asText(version),
      sealed: asBytes(sealed),
    }));
  };

  return { size, records, find, leaves, blocks, checkpoints, checkpointsAfter, secrets, snapshots };
}

const toRecord = ({ position, subject, kind, at, sealed, leaf }: RecordRow): StoredRecord => ({
  position: asNumber(position),
  subject: asText(subject),
  // as the store holds it: whoever reads compares it with the sealed header
  kind: asText(kind) as RecordKind,
  at: asNumber(at),
  sealed: asBytes(sealed),
  leaf: asBytes(leaf),
});

/** Rows of a driver have no prototype, or one of its own. */
const toCheckpoint = ({ size, at, note }: CheckpointRow): StoredCheckpoint => ({
  size: asNumber(size),
  at: asNumber(at),
  note: asText(note),
});

// A database file that was changed by hand gives values of other types than its schema has. As empty ones they are found by
// whoever compares them; failing here would hide where they stand.

/** Drivers hand out `Buffer`s; their `slice` shares memory where that of a `Uint8Array` copies. */
const asBytes = (value: unknown): Uint8Array =>
  value instanceof Uint8Array ? new Uint8Array(value.buffer, value.byteOffset, value.length) : new Uint8Array(0);

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

const asNumber = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);
