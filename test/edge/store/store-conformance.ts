import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fromUtf8, utf8 } from '#base/bytes';
import { createMerkleLog } from '#crypto/merkle-log';
import { openStore } from '#edge/store/open-store';
import { openWhenFree } from '#edge/store/open-when-free';
import { restoreBackup } from '#edge/store/restore-backup';
import type { Store, StoredRecord } from '#edge/store/store';
import { createStores, type Engine, type Place, temporaryFolder } from './engine.ts';
import { AT, checkpointOf, commitOf, historyOf, NOTHING, records, secret, storedRecord } from './entries.ts';

interface Context {
  readonly place: Place;
  readonly open: ReturnType<typeof createStores>['open'];
}

/** What every engine must do, as tests of its own. */
export function testStoreConformance(engine: Engine, skip: string | false): void {
  const check = (name: string, body: (context: Context) => Promise<void>): void => {
    test(`${engine.name}: ${name}`, { skip }, async () => {
      const place = await engine.newPlace();
      const stores = createStores();
      try {
        await body({ place, open: stores.open });
      } finally {
        await stores.closeAll();
        await place.remove();
      }
    });
  };

  check('a new store is empty', async ({ place, open }) => {
    const store = await open(place.location);
    assert.equal(store.kind, engine.name);
    assert.deepEqual(await contentsOf(store), EMPTY);
    assert.deepEqual(await store.leaves(0, 2), [undefined, undefined]);
  });

  check('what was committed is read back after reopening', async ({ place, open }) => {
    const store = await open(place.location);
    const history = historyOf(600, [1, 300, 600]);
    const snapshot = { name: 'twins', position: 600, version: '1', sealed: utf8('state') };
    await store.commit({ ...history, secrets: [secret('a'), secret('b')], snapshots: [snapshot] });
    const before = await contentsOf(store);
    await store.close();
    const reopened = await open(place.location);
    assert.deepEqual(await contentsOf(reopened), before);
    const { records: kept, blocks, checkpoints, secrets, snapshots } = before;
    assert.deepEqual({ kept, blocks, checkpoints }, { ...pick(history), kept: history.records });
    assert.deepEqual([secrets, snapshots], [[secret('a'), secret('b')], [snapshot]]);
    assert.deepEqual(
      await reopened.leaves(598, 602),
      [598, 599].map((at) => history.records[at]?.leaf).concat([undefined, undefined]),
    );
  });

  check('a commit is kept whole or not at all', async ({ place, open }) => {
    const store = await open(place.location);
    await store.commit({ ...commitOf(0, 3), blocks: [{ index: 0, digest: new Uint8Array(32) }] });
    const before = await contentsOf(store);
    const block = { index: 0, digest: new Uint8Array(32).fill(1) };
    const doomed = { ...commitOf(3, 6), blocks: [block], secrets: [secret('a')] };
    await assert.rejects(store.commit(doomed), { code: 'store.conflict' });
    assert.deepEqual(await contentsOf(store), before);
    await store.commit(commitOf(3, 6));
    assert.equal(await store.size(), 6);
  });

  check('records_follow_each_other: a gap, a repetition or another order is refused', async ({ place, open }) => {
    const store = await open(place.location);
    await store.commit(commitOf(0, 3));
    const [third, fourth] = [storedRecord(3), storedRecord(4)];
    for (const wrong of [[fourth], [storedRecord(2)], [fourth, third], [third, storedRecord(5)], [third, third]]) {
      await assert.rejects(store.commit({ ...NOTHING, records: wrong }), { code: 'store.conflict' });
    }
    assert.equal(await store.size(), 3);
  });

  check('records come in order, in pages, whatever is missing', async ({ place, open }) => {
    const store = await open(place.location);
    await store.commit(commitOf(0, 2_500));
    const pages: number[] = [];
    const seen: number[] = [];
    for await (const page of store.records(100, 2_400)) {
      pages.push(page.length);
      seen.push(...page.map(({ position }) => position));
    }
    assert.ok(pages.length > 1 && pages.every((length) => length > 0 && length <= 1_000));
    assert.deepEqual(seen, range(100, 2_400));
    await place.raw('DELETE FROM $.record WHERE position = 7');
    assert.deepEqual(
      (await all(store.records(5, 9))).map(({ position }) => position),
      [5, 6, 8],
    );
    const leaves = await store.leaves(6, 9);
    assert.deepEqual(leaves, [storedRecord(6).leaf, undefined, storedRecord(8).leaf]);
    assert.equal(await store.size(), 2_500);
  });

  check('large records make short pages', async ({ place, open }) => {
    const store = await open(place.location);
    const sealed = new Uint8Array(1_048_576);
    await store.commit({ ...NOTHING, records: records(0, 12).map((record) => ({ ...record, sealed })) });
    for await (const page of store.records(0, 12)) assert.ok(page.length <= 4, `${page.length} MiB in one page`);
  });

  check('find filters by subject, kind, time and position, and pages either way', async ({ place, open }) => {
    const store = await open(place.location);
    await store.commit(commitOf(0, 200));
    const everything = records(0, 200);
    const kinds = [everything[1]!.kind, everything[3]!.kind];
    const positions = async (query: Parameters<Store['find']>[0]): Promise<readonly number[]> =>
      (await store.find(query)).map(({ position }) => position);
    const expected = (keep: (record: StoredRecord) => boolean): readonly number[] =>
      everything.filter(keep).map(({ position }) => position);
    const limit = 1_000;
    const subject = 'patient-1';
    assert.deepEqual(await store.find({ limit: 2 }), everything.slice(0, 2));
    assert.deepEqual(
      await positions({ subject, limit }),
      expected((record) => record.subject === subject),
    );
    assert.deepEqual(
      await positions({ kinds, limit }),
      expected(({ kind }) => kinds.includes(kind)),
    );
    assert.deepEqual(await positions({ kinds: [], limit }), []);
    const [from, to] = [AT + 10_000, AT + 20_000];
    assert.deepEqual(await positions({ from, to, limit }), range(10, 20));
    assert.deepEqual(await positions({ after: 10, before: 20, limit }), range(11, 20));
    const narrow = { subject, kinds, after: 50, before: 150, from: AT, limit };
    const both = expected(
      ({ position, kind, subject: of }) => position > 50 && position < 150 && kinds.includes(kind) && of === subject,
    );
    assert.deepEqual(await positions(narrow), both);
    assert.deepEqual(await positions({ ...narrow, descending: true }), both.toReversed());
    assert.deepEqual(await positions({ ...narrow, descending: true, limit: 3 }), both.toReversed().slice(0, 3));
    assert.deepEqual(await positions({ subject: 'nobody', limit }), []);
  });

  check('secrets are replaced by name and gone once destroyed', async ({ place, open }) => {
    const store = await open(place.location);
    await store.commit({ ...NOTHING, secrets: [secret('a'), secret('b'), secret('c')] });
    await store.commit({ ...NOTHING, secrets: [secret('b', 'another')], destroyed: ['a', 'never there'] });
    assert.deepEqual(await store.secrets(), [secret('b', 'another'), secret('c')]);
    await store.commit({ ...NOTHING, secrets: [secret('d')], destroyed: ['d'] });
    assert.deepEqual(
      (await store.secrets()).map(({ name }) => name),
      ['b', 'c'],
    );
  });

  check('one snapshot per name and one checkpoint per size is kept', async ({ place, open }) => {
    const store = await open(place.location);
    const snapshot = { name: 'twins', position: 1, version: '1', sealed: utf8('first') };
    await store.commit({ ...NOTHING, snapshots: [snapshot, { ...snapshot, name: 'other' }] });
    await store.commit({ ...NOTHING, snapshots: [{ ...snapshot, position: 2, sealed: utf8('second') }] });
    assert.deepEqual(
      (await store.snapshots()).map(({ name, sealed }) => [name, fromUtf8(sealed)]),
      [
        ['other', 'first'],
        ['twins', 'second'],
      ],
    );
    const log = createMerkleLog();
    const first = checkpointOf(log);
    const later = { ...first, at: AT + 99 };
    await store.commit({ ...NOTHING, checkpoints: [first] });
    await store.commit({ ...NOTHING, checkpoints: [later] });
    assert.deepEqual(await store.checkpoints(), [later]);
  });

  check('checkpoints are listed by size, the last up to a size, and in parts', async ({ place, open }) => {
    const store = await open(place.location);
    await store.commit(historyOf(30, [5, 10, 20, 30]));
    const sizes = (list: readonly { readonly size: number }[]): readonly number[] => list.map(({ size }) => size);
    assert.deepEqual(sizes(await store.checkpoints()), [5, 10, 20, 30]);
    assert.deepEqual(sizes(await store.checkpoints(19)), [10]);
    assert.deepEqual(sizes(await store.checkpoints(4)), []);
    assert.deepEqual(sizes(await store.checkpointsAfter(5, 2)), [10, 20]);
  });

  check('a second writer is refused, a reader is not, and it sees what is committed', async ({ place, open }) => {
    const store = await open(place.location);
    await store.commit(commitOf(0, 3));
    await assert.rejects(openStore(place.location, 'writing'), { code: 'store.in-use' });
    const reader = await open(place.location, 'reading');
    assert.equal(await reader.size(), 3);
    await store.commit(commitOf(3, 5));
    assert.deepEqual(await all(reader.records(0, 5)), records(0, 5));
    await assert.rejects(reader.commit(commitOf(5, 6)), { code: 'store.unavailable' });
    await store.close();
    assert.equal(await (await open(place.location)).size(), 5);
  });

  check('what is not there cannot be read, and a newer schema is not opened', async ({ place, open }) => {
    await assert.rejects(openStore(place.location, 'reading'), { code: 'store.absent' });
    await (await open(place.location)).close();
    const newer = engine.name === 'sqlite' ? 'PRAGMA user_version = 99' : 'UPDATE $.schema_version SET version = 99';
    await place.raw(newer);
    for (const mode of ['writing', 'reading'] as const) {
      await assert.rejects(openStore(place.location, mode), { code: 'store.newer-schema' });
    }
  });

  check('a closed store says so', async ({ place, open }) => {
    const store = await open(place.location);
    await store.close();
    await store.close();
    await assert.rejects(store.size(), { code: 'store.closed' });
    await assert.rejects(store.commit(commitOf(0, 1)), { code: 'store.closed' });
    await assert.rejects(all(store.records(0, 1)), { code: 'store.closed' });
  });

  check('a backup made while writing is one instant, and restores to the same store', async ({ place, open }) => {
    const folder = temporaryFolder();
    const other = await engine.newPlace();
    try {
      const store = await open(place.location);
      const history = historyOf(3_000, [1_000, 3_000]);
      await store.commit({ ...history, secrets: [secret('a')] });
      const file = join(folder.path, 'backup.sqlite');
      const backup = store.backup(file);
      for (let size = 3_000; size < 3_100; size += 1) {
        await store.commit({ ...commitOf(size, size + 1), secrets: [secret('size', String(size + 1))] });
      }
      await backup;
      assert.equal(statSync(file).mode & 0o077, 0);
      await assert.rejects(store.backup(file), { code: 'store.backup' });

      await restoreBackup(file, other.location);
      const restored = await open(other.location);
      const kept = await contentsOf(restored);
      const size = await restored.size();
      assert.ok(size >= 3_000 && size <= 3_100);
      const mark = kept.secrets.find(({ name }) => name === 'size');
      assert.equal(mark === undefined ? 3_000 : Number(fromUtf8(mark.wrapped)), size, 'one instant');
      const source = await contentsOf(store);
      assert.deepEqual(kept, { ...source, records: source.records.slice(0, size), secrets: kept.secrets });
      await assert.rejects(restoreBackup(file, place.location), { code: 'store.in-use' });
      await store.close();
      await assert.rejects(restoreBackup(file, place.location), { code: 'store.not-empty' });
      await restored.commit(commitOf(size, size + 1));
    } finally {
      folder.remove();
      await other.remove();
    }
  });

  check('kill -9 loses nothing that was acknowledged and tears nothing, round after round', async ({ place, open }) => {
    for (let round = 0; round < 4; round += 1) {
      const acknowledged = await killDuring(place.location, 20 + 13 * round);
      // a server notices a moment later that its client is gone
      await (await openWhenFree(place.location)).close();
      const store = await open(place.location);
      const size = await store.size();
      assert.ok(size >= acknowledged, `${size} of ${acknowledged}`);
      assert.equal(size % 7, 0, 'no commit is torn');
      const [mark] = await store.secrets();
      assert.equal(fromUtf8(mark!.wrapped), String(size), 'no commit is torn');
      assert.deepEqual(await all(store.records(0, size)), records(0, size));
      await store.close();
    }
  });
}

/** Kills a process that commits after so many acknowledgements, and tells the last one. */
async function killDuring(location: string, acknowledgements: number): Promise<number> {
  const program = fileURLToPath(new URL('commit-loop.ts', import.meta.url));
  const child = spawn(process.execPath, [program, location], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  let last = 0;
  let heard = 0;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    heard += 1;
    if (heard === acknowledgements) child.kill('SIGKILL');
  }
  await exited;
  assert.ok(heard >= acknowledgements, `the process ended by itself after ${heard} commits`);
  return last;
}

export async function all(pages: AsyncIterable<readonly StoredRecord[]>): Promise<readonly StoredRecord[]> {
  const found: StoredRecord[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

async function contentsOf(store: Store) {
  return {
    records: await all(store.records(0, await store.size())),
    blocks: await store.blocks(),
    checkpoints: await store.checkpoints(),
    secrets: await store.secrets(),
    snapshots: await store.snapshots(),
  };
}

const EMPTY = { records: [], blocks: [], checkpoints: [], secrets: [], snapshots: [] };

const pick = <T, U>({ blocks, checkpoints }: { blocks: T; checkpoints: U }) => ({ blocks, checkpoints });

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);
