import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openStore } from '#edge/store/open-store';
import { testWith } from '../../external-programs.ts';
import { temporaryFolder } from './engine.ts';
import { commitOf, NOTHING, records, secret } from './entries.ts';
import { all } from './store-conformance.ts';

const inFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = temporaryFolder();
  try {
    await body(folder.path);
  } finally {
    folder.remove();
  }
};

test('the files of a store are readable by their owner only', () =>
  inFolder(async (folder) => {
    const store = await openStore(join(folder, 'history.sqlite'), 'writing');
    await store.commit(commitOf(0, 1));
    for (const name of ['history.sqlite', 'history.sqlite-wal', 'history.sqlite-shm', 'history.sqlite.lock']) {
      assert.equal(statSync(join(folder, name)).mode & 0o077, 0, name);
    }
    await store.close();
  }));

test('two names of one store are one store', () =>
  inFolder(async (folder) => {
    const store = await openStore(join(folder, 'history.sqlite'), 'writing');
    symlinkSync(folder, join(folder, 'again'));
    symlinkSync('history.sqlite', join(folder, 'other.sqlite'));
    for (const name of ['again/history.sqlite', 'other.sqlite']) {
      await assert.rejects(openStore(join(folder, name), 'writing'), { code: 'store.in-use' });
    }
    await store.close();
  }));

test('a file of something else is neither opened nor changed', () =>
  inFolder(async (folder) => {
    const text = join(folder, 'text');
    writeFileSync(text, 'no database at all, but long enough to have a header of one\n'.repeat(20));
    const before = readFileSync(text);
    await assert.rejects(openStore(text, 'writing'), { code: 'store.corrupt' });
    assert.deepEqual(readFileSync(text), before);
    const other = join(folder, 'other.sqlite');
    const db = new DatabaseSync(other);
    db.exec('CREATE TABLE record (id INTEGER)');
    db.close();
    for (const mode of ['writing', 'reading'] as const) {
      await assert.rejects(openStore(other, mode), { code: 'store.foreign' });
    }
    await assert.rejects(openStore(join(folder, 'no/such/folder.sqlite'), 'writing'), { code: 'store.unavailable' });
    mkdirSync(join(folder, 'a-folder'));
    await assert.rejects(openStore(join(folder, 'a-folder'), 'writing'), { code: 'store.unavailable' });
  }));

test('a destroyed secret is in none of the files any longer', () =>
  inFolder(async (folder) => {
    const needle = 'a wrapped key that nobody may find again';
    const store = await openStore(join(folder, 'history.sqlite'), 'writing');
    await store.commit({ ...commitOf(0, 2), secrets: [secret('patient-1', needle)] });
    const isKept = (): boolean => readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(needle));
    assert.ok(isKept());
    await store.commit({ ...NOTHING, destroyed: ['patient-1'] });
    assert.ok(!isKept(), 'while the store is open');
    await store.close();
    assert.ok(!isKept());
  }));

test('a secret destroyed beside a reader is gone from the files after a later commit', () =>
  inFolder(async (folder) => {
    const needle = 'a wrapped key that nobody may find again';
    const path = join(folder, 'history.sqlite');
    const store = await openStore(path, 'writing');
    await store.commit({ ...commitOf(0, 1), secrets: [secret('patient-1', needle)] });
    const reader = new DatabaseSync(path, { readOnly: true });
    reader.exec('BEGIN; SELECT count(*) FROM record');
    await store.commit({ ...NOTHING, destroyed: ['patient-1'] });
    reader.exec('COMMIT');
    await store.commit(commitOf(1, 2));
    assert.ok(!readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(needle)));
    reader.close();
    await store.close();
  }));

test('an integer that somebody put there beyond the safe ones is read as none', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'history.sqlite');
    const store = await openStore(path, 'writing');
    await store.commit(commitOf(0, 3));
    const db = new DatabaseSync(path);
    db.exec('UPDATE record SET position = 9223372036854775807 WHERE position = 2');
    db.exec('UPDATE record SET at = -9223372036854775808 WHERE position = 1');
    db.close();
    assert.equal(await store.size(), 2);
    const [, second] = await all(store.records(0, 2));
    assert.ok(Number.isNaN(second?.at));
    await store.close();
  }));

/** Runs `commit-until-full.ts` and plays the administrator who makes room once the process says that it is stuck. */
async function fillUp(command: readonly string[], path: string, makeRoom: (pid: number) => void): Promise<void> {
  const program = fileURLToPath(new URL('commit-until-full.ts', import.meta.url));
  const [first, ...rest] = [...command, process.execPath, program, path];
  const child = spawn(first!, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (line.startsWith('full')) {
      makeRoom(child.pid!);
      child.stdin.write('room\n');
    }
  }
  const [code] = await exited;
  assert.equal(code, 0, said.join('\n'));
  const sizeWhenFull = Number(said.find((line) => line.startsWith('full'))?.split(' ')[1]);
  const size = Number(said.at(-1)?.split(' ')[1]);
  assert.ok(sizeWhenFull > 0 && size > sizeWhenFull, said.join('\n'));
  const store = await openStore(path, 'reading');
  assert.equal(await store.size(), size);
  assert.deepEqual(await all(store.records(0, size)), records(0, size));
  await store.close();
}

const testLimited = testWith('bash', 'prlimit');

testLimited('a file that must not grow fails the commit, tears nothing, and commits succeed once it may', () =>
  inFolder(async (folder) => {
    const limited = ['bash', '-c', 'ulimit -S -f 400; exec "$@"', 'bash'];
    await fillUp(limited, join(folder, 'history.sqlite'), (pid) => {
      execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:unlimited']);
    });
  }),
);

test('a full disk fails the commit, tears nothing, and commits succeed after room was made', async (t) => {
  const folder = temporaryFolder();
  const disk = join(folder.path, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    folder.remove();
    t.skip('a small disk can be mounted by root only');
    return;
  }
  try {
    writeFileSync(join(disk, 'ballast'), new Uint8Array(300_000));
    await fillUp([], join(disk, 'history.sqlite'), () => {
      execFileSync('mount', ['-o', 'remount,size=16m', disk]);
    });
    assert.ok(existsSync(join(disk, 'ballast')));
  } finally {
    execFileSync('umount', [disk]);
    folder.remove();
  }
});
