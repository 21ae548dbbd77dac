import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { openStore } from '#edge/store/open-store';
import { parsePostgresUrl } from '#edge/store/postgres/postgres-location';
import { restoreBackup } from '#edge/store/restore-backup';
import { createStores, onServer, type Place, POSTGRES, postgresSkipReason, temporaryFolder } from './engine.ts';
import { commitOf, NOTHING, records } from './entries.ts';
import { all } from './store-conformance.ts';

const skip = await postgresSkipReason();

const atPlace = async (
  body: (place: Place, open: ReturnType<typeof createStores>['open']) => Promise<void>,
): Promise<void> => {
  const place = await POSTGRES.newPlace();
  const stores = createStores();
  try {
    await body(place, stores.open);
  } finally {
    await stores.closeAll();
    await place.remove();
  }
};

const schemaOf = ({ location }: Place): string => parsePostgresUrl(location).schema;

/** Ends the sessions that hold the writer's lock of a place. */
const endWriter = (place: Place): Promise<unknown> =>
  onServer((client) =>
    client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
       AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('wardtwin writer ' || $1, 0)`,
      [schemaOf(place)],
    ),
  );

test('a writer whose session was ended writes again under a new lock', { skip }, () =>
  atPlace(async (place, open) => {
    const store = await open(place.location);
    await store.commit(commitOf(0, 3));
    await endWriter(place);
    const outcomes = await Promise.allSettled([store.commit(commitOf(3, 5))]);
    const [outcome] = outcomes;
    if (outcome?.status === 'rejected') {
      assert.equal(outcome.reason.code, 'store.unavailable');
      assert.equal(await store.size(), 3, 'nothing was written without the lock');
      await store.commit(commitOf(3, 5));
    }
    assert.deepEqual(await all(store.records(0, 5)), records(0, 5));
    await assert.rejects(openStore(place.location, 'writing'), { code: 'store.in-use' });
  }),
);

test('no_lock_no_commit: a writer that lost its lock to another one never writes again', { skip }, () =>
  atPlace(async (place, open) => {
    const first = await open(place.location);
    await first.commit(commitOf(0, 3));
    await endWriter(place);
    const second = await takeOver(place.location, open);
    await assert.rejects(first.commit(commitOf(3, 5)), (error: Error & { code: string }) =>
      ['store.in-use', 'store.unavailable'].includes(error.code),
    );
    await assert.rejects(first.commit(commitOf(3, 5)), { code: 'store.in-use' });
    await second.commit(commitOf(3, 4));
    await second.close();
    // the lock is free, but what the first one knows of the store is not true any more
    await assert.rejects(first.commit(NOTHING), { code: 'store.conflict' });
    await assert.rejects(first.commit(commitOf(4, 5)), { code: 'store.conflict' });
    assert.deepEqual(await all(first.records(0, 9)), records(0, 4));
  }),
);

/** Opens as soon as the server has let go of the session that was ended. */
async function takeOver(location: string, open: ReturnType<typeof createStores>['open']) {
  for (;;) {
    try {
      return await open(location);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'store.in-use')) throw error;
    }
  }
}

/** Stands between a store and its server: can cut, and can go silent while the server keeps its end open. */
async function createLink(target: URL): Promise<{
  readonly server: Server;
  readonly cut: () => void;
  readonly strand: () => void;
}> {
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    pairs.push([near, far]);
    near.pipe(far, { end: false });
    far.pipe(near, { end: false });
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('close', () => !stranded.has(far) && far.destroy());
    far.on('close', () => near.destroy());
  });
  const stranded = new Set<Socket>();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    cut: () => {
      for (const [near, far] of pairs.splice(0)) {
        near.destroy();
        far.destroy();
      }
    },
    strand: () => {
      for (const [near, far] of pairs) {
        stranded.add(far);
        near.destroy();
      }
    },
  };
}

test('a server that is gone and back: unavailable, then the same store goes on', { skip }, () =>
  atPlace(async (place, open) => {
    const direct = new URL(place.location);
    const link = await createLink(direct);
    const through = new URL(direct);
    through.port = String((link.server.address() as AddressInfo).port);
    const store = await open(through.href);
    await store.commit(commitOf(0, 3));
    link.server.close();
    link.cut();
    await assert.rejects(store.commit(commitOf(3, 5)), { code: 'store.unavailable' });
    await assert.rejects(store.commit(commitOf(3, 5)), { code: 'store.unavailable' });
    await assert.rejects(store.size(), { code: 'store.unavailable' });
    link.server.listen(Number(through.port), '127.0.0.1');
    await once(link.server, 'listening');
    await store.commit(commitOf(3, 5));
    assert.deepEqual(await all(store.records(0, 5)), records(0, 5));
    await store.close();
    link.cut();
    link.server.close();
  }),
);

test('a session that the server still keeps after the network broke is ended by its owner', { skip }, () =>
  atPlace(async (place, open) => {
    const direct = new URL(place.location);
    const link = await createLink(direct);
    const through = new URL(direct);
    through.port = String((link.server.address() as AddressInfo).port);
    const store = await open(through.href);
    await store.commit(commitOf(0, 3));
    link.strand();
    await assert.rejects(openStore(place.location, 'writing'), { code: 'store.in-use' });
    await store.commit(commitOf(3, 5)).catch(() => store.commit(commitOf(3, 5)));
    assert.deepEqual(await all(store.records(0, 5)), records(0, 5));
    await store.close();
    link.cut();
    link.server.close();
  }),
);

test('what is committed at once is committed in the order of the calls', { skip }, () =>
  atPlace(async (place, open) => {
    const store = await open(place.location);
    await Promise.all([0, 1, 2, 3, 4].map((index) => store.commit(commitOf(10 * index, 10 * index + 10))));
    assert.deepEqual(await all(store.records(0, 50)), records(0, 50));
  }),
);

test('a connection to another machine needs verified TLS, and messages never hold the password', () => {
  for (const url of [
    'postgres://u:pa55@db.example/ward',
    'postgres://u:pa55@db.example/ward?sslmode=require',
    'postgres://u:pa55@localhost/ward?host=db.example',
  ]) {
    assert.throws(
      () => parsePostgresUrl(url),
      (error: Error & { code: string; data: unknown }) =>
        error.code === 'store.unprotected' && !`${error.message}${JSON.stringify(error.data)}`.includes('pa55'),
    );
  }
  assert.equal(parsePostgresUrl('postgres://u:p@db.example/ward?sslmode=verify-full').schema, 'wardtwin');
  assert.equal(parsePostgresUrl('postgres:///ward?host=/var/run/postgresql&schema=icu_2').schema, 'icu_2');
  for (const url of ['http://x', 'postgres://localhost/ward?schema=a-b', 'postgres://localhost/w?schema=x;drop']) {
    assert.throws(() => parsePostgresUrl(url), { code: 'store.location' });
  }
});

test('a restore never takes the place of a schema that holds something else', { skip }, () =>
  atPlace(async (place) => {
    const folder = temporaryFolder();
    try {
      const store = await openStore(`${folder.path}/history.sqlite`, 'writing');
      await store.commit(commitOf(0, 3));
      await store.backup(`${folder.path}/backup`);
      await store.close();
      await place.raw(`CREATE SCHEMA ${schemaOf(place)}`);
      await place.raw('CREATE TABLE $.patients (id integer)');
      await assert.rejects(restoreBackup(`${folder.path}/backup`, place.location), { code: 'store.foreign' });
      await place.raw('SELECT * FROM $.patients');
    } finally {
      folder.remove();
    }
  }),
);

test('one backup file goes from either engine to the other', { skip }, () =>
  atPlace(async (place, open) => {
    const folder = temporaryFolder();
    try {
      const [first, second, back] = ['first', 'second', 'back'].map((name) => `${folder.path}/${name}`);
      const source = await open(`${folder.path}/history.sqlite`);
      await source.commit(commitOf(0, 50));
      await source.backup(first!);
      await restoreBackup(first!, place.location);
      await (await open(place.location, 'reading')).backup(second!);
      await restoreBackup(second!, back!);
      assert.deepEqual(await all((await open(back!, 'reading')).records(0, 60)), records(0, 50));
    } finally {
      folder.remove();
    }
  }),
);
