import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import { rebuildSnapshot, rebuildState } from '#edge/live/rebuild';
import { openShelf } from '#edge/live/shelf';
import { sealCapture } from '#edge/live/snapshots';
import { createSubjectSecrets } from '#edge/live/subject-secrets';
import type { StoredSnapshot } from '#edge/store/store';
import { NOTHING } from '../store/entries.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { admitWard, SETTINGS, START } from './live-bench.ts';
import { liveBenches } from './live-benches.ts';

const opened = liveBenches();

/** A store that was closed, with two subjects, and how to rebuild it. */
async function closedStore() {
  const memory = createMemoryStore();
  const bench = await opened({ memory });
  const { live } = bench;
  const wards = [];
  for (const subject of ['p2', 'p1', 'p3']) wards.push(await admitWard(live, subject));
  for (const glucose of [120, 125]) {
    bench.pass(5 * MINUTE);
    for (const ward of wards) await ward.tell('cgm', { glucose });
    await live.act((fleet) => ({ effects: fleet.tick() }));
  }
  await live.close();
  const rootKeys = await openFileRootKeys({ directory: join(bench.directory, 'root-keys'), create: false });
  const deps = { store: memory.open(), rootKeys, version: 'test', settings: SETTINGS, clock: { now: () => START } };
  return { memory, deps, bench };
}

const size = (snapshots: ReadonlyMap<string, StoredSnapshot>, name: string): number => snapshots.get(name)!.position;

test('the state made from history alone is the kept one, part by part, and nothing is written', async () => {
  const { memory, deps } = await closedStore();
  const commits = memory.commits.length;
  const rebuilt = await rebuildState(deps);
  assert.equal(rebuilt.size, memory.records.size);
  assert.deepEqual(rebuilt.summary, { records: rebuilt.size, differences: 0 });
  assert.deepEqual(
    [...rebuilt.parts.keys()],
    ['platform', 'p1', 'p2', 'p3'],
    'the registry, then the subjects in order',
  );
  assert.ok([rebuilt.digest, ...rebuilt.parts.values()].every((digest) => /^[0-9a-f]{64}$/.test(digest)));
  const from = size(memory.snapshots, 'a/platform');
  assert.ok(from > 0 && from <= rebuilt.size);
  assert.deepEqual(rebuilt.kept, { from, digest: rebuilt.digest, differing: [] });
  assert.deepEqual(rebuilt.passedOver, []);
  assert.equal(memory.commits.length, commits);
  assert.equal((await rebuildState(deps)).digest, rebuilt.digest, 'the same again');
});

test('a kept state that cannot be taken is told, with nothing to compare', async () => {
  const { memory, deps } = await closedStore();
  const other = await rebuildState({ ...deps, version: 'other' });
  const position = size(memory.snapshots, 'a/platform');
  assert.equal(other.kept, undefined);
  assert.deepEqual(other.passedOver, [{ position, reason: 'another-version' }]);
  const name = 'a/subject/p1';
  const part = memory.snapshots.get(name)!;
  memory.snapshots.set(name, { ...part, sealed: part.sealed.with(20, part.sealed[20]! ^ 1) });
  const damaged = await rebuildState(deps);
  assert.equal(damaged.kept, undefined);
  assert.deepEqual(damaged.passedOver, [{ position, reason: 'damaged' }]);
  assert.equal(damaged.digest, other.digest);
});

test('a kept state that says otherwise is found, and which part of it', async () => {
  const { memory, deps, bench } = await closedStore();
  const end = memory.records.size;
  // the state of a history that went on otherwise, kept as if it were that of this one
  const elsewhere = await opened({ memory: memory.copy(), directory: bench.directory, now: bench.now() + MINUTE });
  await elsewhere.live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'a drill'));
  const wish = { thing: 'pump', action: 'suspend', input: {} };
  const authorization = { outcome: 'refuse', determinedBy: ['x'], reasons: [{ statement: 'no' }] } as const;
  await elsewhere.live.act((fleet) =>
    fleet.request('p1', { id: 'somebody', kind: 'person', credential: 'session/test', epoch: 0, authorization }, wish),
  );
  const shelf = await openShelf(await deps.store.secrets(), (secret) => deps.rootKeys.unwrap(secret));
  const keys = createSubjectSecrets({ ...shelf, isForgotten: () => false });
  memory.snapshots.clear();
  for await (const snapshots of sealCapture(elsewhere.live.fleet.capture(), end, 'test', 'b', keys)) {
    await deps.store.commit({ ...NOTHING, snapshots });
  }
  const { kept, digest } = await rebuildState(deps);
  assert.deepEqual([kept?.from, kept?.differing], [end, ['platform', 'p1']]);
  assert.notEqual(kept?.digest, digest);

  await rebuildSnapshot(deps);
  const { snapshots, ...rest } = memory.commits.at(-1)!;
  assert.deepEqual({ ...rest, snapshots: [] }, NOTHING, 'nothing but the state is written');
  assert.ok(snapshots.some(({ name }) => name === 'a/platform'));
  assert.deepEqual((await rebuildState(deps)).kept?.differing, [], 'made from history alone, and not from what lied');
});

test('a history with somebody who was forgotten is rebuilt without them', async () => {
  const { memory, deps, bench } = await closedStore();
  const again = await opened({ memory, directory: bench.directory, now: bench.now() + MINUTE });
  await again.live.forget('p2');
  await again.live.close();
  const rebuilt = await rebuildState(deps);
  assert.deepEqual([...rebuilt.parts.keys()], ['platform', 'p1', 'p3']);
  assert.deepEqual([rebuilt.kept?.digest, rebuilt.passedOver], [rebuilt.digest, []]);
});

test('a rebuilt state replaces the older kept one and is taken at the next start', async () => {
  const { memory, deps, bench } = await closedStore();
  for (const [name, row] of memory.snapshots) memory.snapshots.set(name, { ...row, sealed: new Uint8Array(40) });
  await rebuildSnapshot(deps);
  assert.equal(size(memory.snapshots, 'b/platform'), memory.records.size);
  const rebuilt = await rebuildState(deps);
  assert.deepEqual(rebuilt.kept, { from: memory.records.size, digest: rebuilt.digest, differing: [] });
  const again = await opened({ memory, directory: bench.directory, now: bench.now() + MINUTE });
  const opening = again.told.find(({ message }) => message === 'history opened');
  assert.equal(opening?.data['restoredFrom'], rebuilt.size);
  assert.equal(opening?.data['replayed'], 0);
});
