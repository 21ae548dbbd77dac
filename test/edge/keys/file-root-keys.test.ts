import assert from 'node:assert/strict';
import { chmodSync, chownSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '#base/bytes';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import { rewrapAll } from '#edge/keys/rewrap-all';
import { openStore } from '#edge/store/open-store';
import { temporaryFolder } from '../store/engine.ts';
import { commitOf, NOTHING } from '../store/entries.ts';

const SECRET = utf8('32 bytes that open a history ...');

const inFolder = async (body: (directory: string, parent: string) => Promise<void>): Promise<void> => {
  const folder = temporaryFolder();
  try {
    await body(join(folder.path, 'root-keys'), folder.path);
  } finally {
    folder.remove();
  }
};

test('the first start makes one key that only its owner can read, and the next finds it', () =>
  inFolder(async (directory) => {
    await assert.rejects(openFileRootKeys({ directory, create: false }), { code: 'keys.absent' });
    const keys = await openFileRootKeys({ directory, create: true });
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(directory).sort(), [`${keys.current}.key`, 'current'].sort());
    for (const name of readdirSync(directory)) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600);
    const wrapped = await keys.wrap('patient-1', SECRET);
    const again = await openFileRootKeys({ directory, create: true });
    assert.equal(again.current, keys.current);
    assert.deepEqual(await again.unwrap(wrapped), SECRET);
  }));

test('two wrappings of one secret differ, and neither shows it', () =>
  inFolder(async (directory) => {
    const keys = await openFileRootKeys({ directory, create: true });
    const [first, second] = [await keys.wrap('a', SECRET), await keys.wrap('a', SECRET)];
    assert.notDeepEqual(first.wrapped, second.wrapped);
    assert.ok(!Buffer.from(first.wrapped).includes(Buffer.from(SECRET)));
  }));

test('changed_wrapping_never_opens: any byte, another name, another key', () =>
  inFolder(async (directory, parent) => {
    const keys = await openFileRootKeys({ directory, create: true });
    const wrapped = await keys.wrap('patient-1', SECRET);
    await fc.assert(
      fc.asyncProperty(fc.nat(wrapped.wrapped.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const bytes = wrapped.wrapped.slice();
        bytes[at]! ^= change;
        await assert.rejects(keys.unwrap({ ...wrapped, wrapped: bytes }), { code: 'keys.wrong-root-key' });
      }),
      { numRuns: 100 },
    );
    await assert.rejects(keys.unwrap({ ...wrapped, name: 'patient-2' }), { code: 'keys.wrong-root-key' });
    await assert.rejects(keys.unwrap({ ...wrapped, wrapped: new Uint8Array(3) }), { code: 'keys.wrong-root-key' });
    const stranger = await openFileRootKeys({ directory: join(parent, 'others'), create: true });
    await assert.rejects(stranger.unwrap(wrapped), (error: Error & { code: string }) => {
      assert.equal(error.code, 'keys.wrong-root-key');
      assert.match(error.message, /patient-1/);
      assert.match(error.message, new RegExp(keys.current));
      return true;
    });
  }));

test('keys that others can get at, or own, are refused with the command that puts it right', async (t) => {
  await inFolder(async (directory) => {
    const { current } = await openFileRootKeys({ directory, create: true });
    const file = join(directory, `${current}.key`);
    for (const [path, mode, right] of [
      [directory, 0o750, '700'],
      [file, 0o640, '600'],
      [file, 0o602, '600'],
      [join(directory, 'current'), 0o644, '600'],
    ] as const) {
      const before = statSync(path).mode;
      chmodSync(path, mode);
      await assert.rejects(openFileRootKeys({ directory, create: true }), (error: Error & { code: string }) => {
        assert.equal(error.code, 'keys.exposed');
        assert.ok(error.message.includes(`chmod ${right} ${path}`), error.message);
        return true;
      });
      chmodSync(path, before);
    }
    if (process.getuid?.() !== 0) {
      t.diagnostic('the owner can be changed by root only');
      return;
    }
    for (const path of [file, directory]) {
      chownSync(path, 65_534, 65_534);
      await assert.rejects(openFileRootKeys({ directory, create: true }), (error: Error & { code: string }) => {
        assert.equal(error.code, 'keys.not-owner');
        assert.ok(error.message.includes(`chown 0 ${path}`), error.message);
        return true;
      });
      chownSync(path, 0, 0);
    }
  });
});

test('a damaged key, a link and a folder without its current key are refused', () =>
  inFolder(async (directory, parent) => {
    const keys = await openFileRootKeys({ directory, create: true });
    const file = join(directory, `${keys.current}.key`);
    const bytes = readFileSync(file);
    const damaged = Buffer.from(bytes);
    damaged[3]! ^= 1;
    for (const content of [damaged, bytes.subarray(1), Buffer.concat([bytes, bytes])]) {
      writeFileSync(file, content);
      await assert.rejects(openFileRootKeys({ directory, create: true }), { code: 'keys.damaged' });
    }
    writeFileSync(file, bytes);
    symlinkSync(directory, join(parent, 'link'));
    const linked = openFileRootKeys({ directory: join(parent, 'link'), create: true });
    await assert.rejects(linked, { code: 'keys.not-a-folder' });
    rmSync(file);
    await assert.rejects(openFileRootKeys({ directory, create: true }), { code: 'keys.damaged' });
  }));

test('rotation rewraps every secret in one commit and leaves history as it is; then the old key can go', () =>
  inFolder(async (directory, parent) => {
    const store = await openStore(join(parent, 'history.sqlite'), 'writing');
    const keys = await openFileRootKeys({ directory, create: true });
    const first = keys.current;
    const names = ['patient-1', 'patient-2', 'signing'];
    const secrets = await Promise.all(names.map((name) => keys.wrap(name, utf8(`key of ${name}`))));
    await store.commit({ ...commitOf(0, 5), secrets });
    const before = await store.find({ limit: 10 });

    assert.equal(await rewrapAll(store, keys), 0, 'nothing to do yet');
    const second = await keys.rotate();
    await assert.rejects(keys.retire(first, await store.secrets()), { code: 'keys.in-use' });
    await assert.rejects(keys.retire(second, []), { code: 'keys.in-use' });
    assert.equal(await rewrapAll(store, keys), 3);
    await keys.retire(first, await store.secrets());
    assert.deepEqual(keys.ids, [second]);

    const reopened = await openFileRootKeys({ directory, create: false });
    assert.deepEqual([reopened.current, reopened.ids], [second, [second]]);
    for (const secret of await store.secrets()) {
      assert.deepEqual(await reopened.unwrap(secret), utf8(`key of ${secret.name}`));
    }
    assert.deepEqual(await store.find({ limit: 10 }), before);
    await assert.rejects(reopened.retire(first, []), { code: 'keys.unknown' });
    await store.close();
  }));

test('a secret that does not open stops the rewrapping before anything is changed', () =>
  inFolder(async (directory, parent) => {
    const store = await openStore(join(parent, 'history.sqlite'), 'writing');
    const keys = await openFileRootKeys({ directory, create: true });
    const broken = { ...(await keys.wrap('b', SECRET)), wrapped: new Uint8Array(60) };
    await store.commit({ ...NOTHING, secrets: [await keys.wrap('a', SECRET), broken] });
    const before = await store.secrets();
    await keys.rotate();
    await assert.rejects(rewrapAll(store, keys), { code: 'keys.wrong-root-key' });
    assert.deepEqual(await store.secrets(), before);
    await store.close();
  }));
