// About 3 s.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Live } from '#edge/live/live';
import { platformKeys } from '#edge/live/platform-keys';
import { openLiveBench, SETTINGS } from '../live/live-bench.ts';
import { createDeviceWard, type Parcel } from './device-ward.ts';
import { enrolWard } from './enrol-ward.ts';
import { assertSameState, holdAgainstHistory, partsOf, rootKeysOf } from './held-against-history.ts';
import { seeded } from './seed.ts';

/** A disk of its own, with so little room that it is full soon. Undefined where nobody may mount one. */
function mountSmallDisk(): { readonly path: string; makeRoom(): void; remove(): void } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'wardtwin-disk-'));
  const path = join(folder, 'disk');
  mkdirSync(path);
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1400k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    removeFolder();
    return undefined;
  }
  return {
    path,
    makeRoom: () => execFileSync('mount', ['-o', 'remount,size=32m', path]),
    remove: () => {
      execFileSync('umount', [path]);
      removeFolder();
    },
  };
}

const until = (live: Live, wanted: Live['status']): Promise<void> =>
  new Promise((resolve) => {
    if (live.status === wanted) resolve();
    else live.onStatus((status) => status === wanted && resolve());
  });

test('full_means_unavailable: nothing torn, nothing lost, and it goes on once there is room', {
  timeout: 30_000,
}, async (t) => {
  const disk = mountSmallDisk();
  if (disk === undefined) {
    t.skip('a small disk can be mounted by root only');
    return;
  }
  const { random } = seeded('disk-full.test.ts', (line) => t.diagnostic(line));
  const bench = await openLiveBench({ location: join(disk.path, 'history.sqlite') });
  const { live } = bench;
  const told = {
    acknowledged: new Set<string>(),
    sent: new Set<string>(),
    permitted: new Set<string>(),
    dispatched: new Set<string>(),
  };
  const ward = createDeviceWard('p1', random);
  const handIn = async ({ key, by, bytes }: Parcel, redelivered: boolean): Promise<void> => {
    told.sent.add(key);
    await live.act((fleet) => fleet.receive(bytes, { thing: by, proven: true, redelivered }));
    told.acknowledged.add(key);
  };
  const isUnavailable = (error: unknown): boolean =>
    error instanceof Error && 'code' in error && error.code === 'live.unavailable';
  try {
    ward.trust(platformKeys({ find: live.secrets.find, keep: () => {} }).command[0]!.publicKey.bytes);
    await enrolWard(live, 'p1', ward.secrets);
    let waiting: Parcel | undefined;
    while (waiting === undefined) {
      bench.pass(1_000);
      const parcel = ward.speak(random, bench.now());
      await handIn(parcel, false).catch((error: unknown) => {
        if (!isUnavailable(error)) throw error;
        waiting = parcel;
      });
    }
    const kept = told.acknowledged.size;
    // somebody else takes what is left: the store cannot even be opened for writing
    assert.throws(() => {
      for (let count = 0; ; count += 1) writeFileSync(join(disk.path, `ballast-${count}`), new Uint8Array(4_096));
    });
    const failedOpenings = (): number => bench.log.filter((message) => message === 'the store is not back yet').length;
    while (failedOpenings() < 2) {
      await assert.rejects(handIn(waiting, true), isUnavailable);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    disk.makeRoom();
    await until(live, 'open');
    await handIn(waiting, true);
    for (let count = 0; count < 200; count += 1) await handIn(ward.speak(random, bench.now()), false);
    const at = { location: bench.location, rootKeys: rootKeysOf(bench.directory), origin: 'test/history' };
    const held = await holdAgainstHistory({ ...at, version: 'test', settings: SETTINGS }, told);
    assertSameState(partsOf(live.fleet), held.rebuilt);
    t.diagnostic(`full after ${kept} messages; ${held.messages} in the end`);
  } finally {
    await live.close();
    bench.remove();
    disk.remove();
  }
});
