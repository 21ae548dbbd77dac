import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '#base/fault';
import { requireContinuation } from '#edge/store/check-commit';
import { copyStore } from '#edge/store/copy-store';
import { createStoreGuard, guardReader } from '#edge/store/guard-reader';
import { isPostgresLocation } from '#edge/store/open-store';
import { asStoreFault as postgresFault } from '#edge/store/postgres/postgres-fault';
import { parsePostgresUrl, withSchema } from '#edge/store/postgres/postgres-location';
import { requireEmpty } from '#edge/store/require-empty';
import { isBusy, asStoreFault as sqliteFault } from '#edge/store/sqlite/sqlite-fault';
import type { Commit } from '#edge/store/store';
import { closed, conflict, corrupt, inUse, requireOpen, requireSchema, unavailable } from '#edge/store/store-fault';
import type { StoreReader } from '#edge/store/store-reader';
import { safeInteger } from '#edge/store/tables';
import { commitOf, historyOf, NOTHING, records, secret } from './entries.ts';
import { createMemoryStore } from './memory-store.ts';

const failed = (code: string, message: string, data: object = {}) => ({ code, message, data });
const withCode = (code: string | number, key = 'code', message = 'it failed'): Error =>
  Object.assign(new Error(message), { [key]: code });

test('each fault of a store says what happened and what to do next', () => {
  for (const [fault, expected] of [
    [
      unavailable('the disk is full', 'ENOSPC'),
      failed('store.unavailable', 'store: the disk is full (`ENOSPC`)', { cause: 'ENOSPC' }),
    ],
    [
      conflict('it is there'),
      failed('store.conflict', 'store: it is there; reopen the store and start from what it holds'),
    ],
    [
      inUse('/x'),
      failed('store.in-use', 'store: `/x` is written to by another process; stop that one first', { location: '/x' }),
    ],
    [
      corrupt('BAD'),
      failed('store.corrupt', 'store: the database is damaged (`BAD`); restore a backup', { cause: 'BAD' }),
    ],
    [closed(), failed('store.closed', 'store: it was closed')],
  ] as const) {
    const { code, message, data } = fault;
    assert.deepEqual({ code, message, data }, expected);
  }
  assert.doesNotThrow(() => requireOpen(true));
  assert.throws(() => requireOpen(false), { code: 'store.closed' });
});

test('a schema is of this version, or older and opened for writing; a newer one is not touched', () => {
  for (const mode of ['writing', 'reading'] as const) {
    assert.doesNotThrow(() => requireSchema('/x', 3, 3, mode));
    assert.throws(
      () => requireSchema('/x', 4, 3, mode),
      failed(
        'store.newer-schema',
        'store: `/x` has schema 4, this version knows up to 3; use the newer wardtwin that wrote it',
        { location: '/x', found: 4, known: 3 },
      ),
    );
  }
  assert.doesNotThrow(() => requireSchema('/x', 2, 3, 'writing'));
  assert.throws(
    () => requireSchema('/x', 2, 3, 'reading'),
    failed(
      'store.older-schema',
      'store: `/x` has schema 2, this version reads 3; open it once for writing, which brings it up to date',
      { location: '/x', found: 2, known: 3 },
    ),
  );
});

test('what SQLite says is told as ours: every known code, extended ones too, and unknown ones by their number', () => {
  const rows: readonly (readonly [number, string, string])[] = [
    [5, 'the database is locked', 'SQLITE_BUSY'],
    [6, 'the database is locked', 'SQLITE_LOCKED'],
    [7, 'not enough memory', 'SQLITE_NOMEM'],
    [8, 'the database cannot be written to', 'SQLITE_READONLY'],
    [10, 'the disk failed', 'SQLITE_IOERR'],
    [13, 'the disk is full', 'SQLITE_FULL'],
    [14, 'the database cannot be opened', 'SQLITE_CANTOPEN'],
    [15, 'the database is locked', 'SQLITE_PROTOCOL'],
    [1, 'SQLite failed', 'SQLite 1'],
  ];
  const told = (errcode: number) => {
    const { code, message, data } = sqliteFault(withCode(errcode, 'errcode')) as Fault;
    return { code, message, data };
  };
  for (const [code, what, name] of rows)
    assert.deepEqual(told(code), failed('store.unavailable', `store: ${what} (\`${name}\`)`, { cause: name }));
  assert.equal(told(10 | (3 << 8)).message, 'store: the disk failed (`SQLITE_IOERR`)', 'an extended code');
  assert.equal(told(11).message, 'store: the database is damaged (`SQLITE_CORRUPT`); restore a backup');
  assert.equal(told(26).message, 'store: the database is damaged (`SQLITE_NOTADB`); restore a backup');
  for (const code of [19, 19 | (5 << 8)])
    assert.match(told(code).message, /^store: a record, block or checkpoint is there already;/);
  const ours = conflict('x');
  const defect = new TypeError('a defect');
  for (const other of [ours, defect, 'text', withCode('5', 'errcode')]) assert.equal(sqliteFault(other), other);
  assert.deepEqual(
    [5, 5 | (1 << 8), 6].map((code) => isBusy(withCode(code, 'errcode'))),
    [true, true, false],
  );
  assert.equal(isBusy(defect), false);
});

test('what PostgreSQL or its driver says is told as ours, and what is a defect is handed back', () => {
  const told = (error: unknown) => {
    const { code, message } = postgresFault(error, 'label') as Fault;
    return [code, message];
  };
  for (const [code, what] of [
    ['53100', 'the disk of the database is full'],
    ['53200', 'the database is out of resources'],
    ['57P01', 'the database is shutting down or stopped the query'],
    ['58030', 'the disk of the database failed'],
    ['08006', 'the connection failed'],
    ['28P01', 'the database refused the user'],
    ['3D000', 'there is no such database'],
    ['25006', 'the database cannot be written to'],
    ['40001', 'the transaction was rolled back'],
    ['42501', 'the database refused the user'],
    ['55P03', 'the database is locked'],
    ['ECONNREFUSED', 'the connection failed'],
  ] as const) {
    assert.deepEqual(told(withCode(code)), ['store.unavailable', `store: ${what} (\`${code}\`)`]);
  }
  assert.deepEqual(told(withCode('23505'))[0], 'store.conflict');
  assert.match(String(told(withCode('23505'))[1]), /a record, block or checkpoint is there already/);
  assert.deepEqual(told(withCode('XX001')), [
    'store.corrupt',
    'store: the database is damaged (`XX001`); restore a backup',
  ]);
  for (const code of ['42P01', '3F000']) {
    assert.deepEqual(told(withCode(code)), ['store.absent', 'store: there is nothing at `label`']);
  }
  for (const message of [
    'Connection terminated unexpectedly',
    'Query read timeout',
    'the client was closed',
    'Client has encountered a connection error',
  ]) {
    assert.deepEqual(told(new Error(message)), [
      'store.unavailable',
      'store: the connection was lost (`connection lost`)',
    ]);
  }
  for (const other of [new Error('a defect'), withCode('42601'), withCode('e'), 'text', conflict('x')]) {
    assert.equal(postgresFault(other, 'label'), other);
  }
});

test('where a store lies in a server is read with its schema, and told without user and password', () => {
  const at = (url: string) => parsePostgresUrl(url);
  assert.deepEqual(at('postgres://u:pa55@localhost:5433/ward?schema=icu_2&application_name=x'), {
    connectionString: 'postgres://u:pa55@localhost:5433/ward?application_name=x',
    schema: 'icu_2',
    label: 'postgres://localhost:5433/ward?schema=icu_2',
  });
  assert.equal(at('postgresql://localhost/ward').label, 'postgres://localhost/ward?schema=wardtwin');
  const { schema, label, connectionString } = withSchema(at('postgres://localhost/ward'), 'other');
  assert.deepEqual(
    [schema, label, connectionString],
    ['other', 'postgres://localhost/ward?schema=other', 'postgres://localhost/ward'],
  );
  for (const host of ['localhost', '127.0.0.1', '127.9.8.7', '[::1]', '']) {
    assert.equal(at(`postgres://${host}/ward`).schema, 'wardtwin', host);
  }
  for (const host of ['localhost.example', 'a127.0.0.1', '127.0.0.1.example', '[::2]']) {
    assert.throws(() => at(`postgres://${host}/ward`), {
      code: 'store.unprotected',
      message: `store: \`postgres://${host}/ward?schema=wardtwin\` is another machine; add sslmode=verify-full (and sslrootcert=FILE) to the URL`,
    });
    assert.equal(at(`postgres://${host}/ward?sslmode=verify-full`).schema, 'wardtwin', host);
  }
  assert.throws(() => at('postgres://localhost/ward?host=/run/pg&host=db.example'), { code: 'store.unprotected' });
  const longest = `a${'_9'.repeat(25)}`;
  assert.equal(at(`postgres://localhost/ward?schema=${longest}`).schema, longest);
  for (const schema of [`${longest}x`, '9a', 'A', 'a-b', '', ' a', 'a ']) {
    assert.throws(() => at(`postgres://localhost/ward?schema=${encodeURIComponent(schema)}`), {
      code: 'store.location',
      message: `store: schema \`${schema}\` has to be lower-case letters, digits and _`,
      data: { schema },
    });
  }
  for (const url of ['mysql://localhost/w', 'xpostgres://localhost/w', 'nothing', 'postgresqlx://localhost/w']) {
    assert.throws(() => at(url), { code: 'store.location', message: 'store: not a `postgres://` URL' });
  }
  for (const [location, is] of [
    ['postgres://x', true],
    ['postgresql://x', true],
    ['postgresx://x', false],
    ['/data/postgres://x', false],
    ['history.sqlite', false],
  ] as const) {
    assert.equal(isPostgresLocation(location), is, location);
  }
});

test('the records of a commit continue the store: the first at its size, each after the one before it', () => {
  for (const [from, to] of [
    [0, 0],
    [5, 5],
    [5, 8],
  ] as const) {
    assert.doesNotThrow(() => requireContinuation(commitOf(from, to), 5 - (from === 0 ? 5 : 0)));
  }
  const commit = (...positions: readonly number[]): Commit => ({
    ...NOTHING,
    records: positions.map((at) => records(at, at + 1)[0]!),
  });
  for (const [positions, wrong, expected] of [
    [[4], 4, 5],
    [[6], 6, 5],
    [[5, 5], 5, 6],
    [[5, 7], 7, 6],
  ] as const) {
    assert.throws(() => requireContinuation(commit(...positions), 5), {
      code: 'store.conflict',
      message: `store: record \`${wrong}\` does not follow the ${expected} that are there; reopen the store and start from what it holds`,
    });
  }
});

/** A reader each of whose answers is its name, or a failure. */
function namedReader(error?: Error): StoreReader {
  const answer =
    (name: string) =>
    async (...given: readonly unknown[]) => {
      if (error !== undefined) throw error;
      return [name, ...given] as never;
    };
  return {
    size: answer('size'),
    find: answer('find'),
    leaves: answer('leaves'),
    blocks: answer('blocks'),
    checkpoints: answer('checkpoints'),
    checkpointsAfter: answer('checkpointsAfter'),
    secrets: answer('secrets'),
    snapshots: answer('snapshots'),
    async *records(...range) {
      if (error !== undefined) throw error;
      yield ['records', ...range] as never;
    },
  };
}

test('every way into a store asks whether it is open, and tells the failures of its engine as ours', async () => {
  let isOpen = true;
  const parts = { isOpen: () => isOpen, asFault: (error: unknown) => new Fault('store.test', String(error)) };
  const asked = async (reader: StoreReader): Promise<readonly (() => Promise<unknown>)[]> => [
    () => reader.size(),
    () => reader.find({ limit: 1 }),
    () => reader.leaves(1, 2),
    () => reader.blocks(),
    () => reader.checkpoints(3),
    () => reader.checkpointsAfter(4, 5),
    () => reader.secrets(),
    () => reader.snapshots(),
    () => reader.records(6, 7)[Symbol.asyncIterator]().next(),
  ];
  const answers = [];
  for (const ask of await asked(guardReader(namedReader(), parts))) answers.push(await ask());
  assert.deepEqual(answers, [
    ['size'],
    ['find', { limit: 1 }],
    ['leaves', 1, 2],
    ['blocks'],
    ['checkpoints', 3],
    ['checkpointsAfter', 4, 5],
    ['secrets'],
    ['snapshots'],
    { value: ['records', 6, 7], done: false },
  ]);
  for (const ask of await asked(guardReader(namedReader(new Error('gone')), parts))) {
    await assert.rejects(ask, { code: 'store.test', message: 'Error: gone' });
  }
  const guarded = createStoreGuard(parts);
  assert.equal(await guarded(async () => 7), 7);
  isOpen = false;
  for (const ask of await asked(guardReader(namedReader(), parts))) await assert.rejects(ask, { code: 'store.closed' });
  await assert.rejects(
    guarded(async () => 7),
    { code: 'store.closed' },
  );
});

test('a copy has all that its source holds, records first, checkpoints in parts and in order', async () => {
  const source = createMemoryStore();
  const store = source.open();
  await store.commit({
    ...historyOf(300, [100, 300]),
    secrets: [secret('a')],
    snapshots: [{ name: 's', position: 1, version: '1', sealed: Uint8Array.of(1) }],
  });
  source.pageRows = 128;
  const commits: Commit[] = [];
  await copyStore(store, (commit) => void commits.push(commit));
  assert.deepEqual(
    commits.map((commit) =>
      Object.entries(commit).flatMap(([name, rows]) => (rows.length > 0 ? [`${name} ${rows.length}`] : [])),
    ),
    [['records 128'], ['records 128'], ['records 44'], ['blocks 1', 'secrets 1', 'snapshots 1'], ['checkpoints 2']],
  );
  const copy = createMemoryStore();
  const target = copy.open();
  for (const commit of commits) await target.commit(commit);
  for (const table of ['records', 'blocks', 'checkpoints', 'secrets', 'snapshots'] as const) {
    assert.deepEqual([...copy[table]], [...source[table]], table);
  }
  const limits: number[] = [];
  const [checkpoint] = historyOf(1, [1]).checkpoints;
  const backwards: StoreReader = {
    ...store,
    checkpointsAfter: async (_, limit) => {
      limits.push(limit);
      return [checkpoint!];
    },
  };
  await assert.rejects(
    copyStore(backwards, () => {}),
    {
      code: 'store.corrupt',
      message: 'store: the database is damaged (`checkpoints out of order`); restore a backup',
    },
  );
  assert.deepEqual(limits, [1_000, 1_000], 'a list that does not go on has no end');
});

test('a store that holds anything at all is not empty', async () => {
  const kept: readonly Partial<Commit>[] = [
    commitOf(0, 1),
    { secrets: [secret('a')] },
    { snapshots: [{ name: 's', position: 0, version: '1', sealed: Uint8Array.of(1) }] },
    { checkpoints: historyOf(1, [1]).checkpoints },
  ];
  await requireEmpty(createMemoryStore().open(), '/x');
  for (const commit of kept) {
    const store = createMemoryStore().open();
    await store.commit({ ...NOTHING, ...commit });
    await assert.rejects(requireEmpty(store, '/x'), {
      code: 'store.not-empty',
      message: 'restore: `/x` holds a history; name a new place',
      data: { location: '/x' },
    });
  }
});

test('an integer beyond the safe ones is read as none', () => {
  for (const [text, value] of [
    ['0', 0],
    ['-5', -5],
    [String(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER],
    [2n ** 53n, Number.NaN],
    ['9223372036854775807', Number.NaN],
    ['x', Number.NaN],
  ] as const) {
    assert.equal(safeInteger(text), value, String(text));
  }
});
