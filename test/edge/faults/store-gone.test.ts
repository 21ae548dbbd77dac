// The store goes away and comes back: about 8 s.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeCanonical } from '#base/canonical';
import { MINUTE } from '#base/time';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import type { Live, LiveStatus } from '#edge/live/live';
import { openShelf } from '#edge/live/shelf';
import { sealCapture } from '#edge/live/snapshots';
import { createSubjectSecrets } from '#edge/live/subject-secrets';
import { openStore } from '#edge/store/open-store';
import type { Commit } from '#edge/store/store';
import type { FleetEffect } from '#platform/fleet/fleet-effect';
import { QUIET } from '../../assure/monitor/observations.ts';
import { admitWard, type DeviceBench, openLiveBench, SETTINGS } from '../live/live-bench.ts';
import { type CommitFault, createFaultyStore, type FaultyStore } from './faulty-store.ts';
import { assertSameState, holdAgainstHistory, partsOf, rootKeysOf, type Told } from './held-against-history.ts';

const CLINICIAN = {
  id: 'clinician-1',
  kind: 'person',
  credential: 'session/test',
  epoch: 0,
  authorization: { outcome: 'permit', determinedBy: ['clinician'], reasons: [] },
} as const;
const SUSPEND = { thing: 'pump', action: 'suspend', input: {} } as const;
const UNAVAILABLE = { code: 'live.unavailable' };

type Bench = Awaited<ReturnType<typeof openLiveBench>>;

const benches: { readonly live: Live; readonly faulty: FaultyStore; remove(): void }[] = [];
const opened = async (options: Parameters<typeof openLiveBench>[0] = {}): Promise<Bench & { faulty: FaultyStore }> => {
  const faulty = createFaultyStore();
  const bench = { ...(await openLiveBench({ ...options, wrapStore: faulty.wrap })), faulty };
  benches.push(bench);
  return bench;
};
after(async () => {
  for (const { live, faulty, remove } of benches) {
    faulty.away = false;
    faulty.decide = () => undefined;
    faulty.release();
    if (live.status !== 'closed') await live.close();
    remove();
  }
});

/** Resolves when the platform has that status. */
const until = (live: Live, wanted: LiveStatus): Promise<void> =>
  new Promise((resolve) => {
    if (live.status === wanted) resolve();
    else live.onStatus((status) => status === wanted && resolve());
  });

const once = (fault: CommitFault, which: (commit: Commit) => boolean = () => true) => {
  let isDue = true;
  return (commit: Commit): CommitFault | undefined => {
    if (!isDue || !which(commit)) return undefined;
    isDue = false;
    return fault;
  };
};

const keptAt = ({ directory, location }: Bench) => ({
  location,
  rootKeys: rootKeysOf(directory),
  origin: 'test/history',
  version: 'test',
  settings: SETTINGS,
});

const NOBODY: Told = { acknowledged: new Set(), sent: new Set(), permitted: new Set(), dispatched: new Set() };

async function holds(bench: Bench, told: Partial<Told>): Promise<void> {
  const { rebuilt } = await holdAgainstHistory(keptAt(bench), { ...NOBODY, ...told });
  assertSameState(partsOf(bench.live.fleet), rebuilt);
}

const quiet = async (bench: Bench, devices: DeviceBench): Promise<void> => {
  bench.pass(5 * MINUTE);
  await devices.tell('pump', QUIET.pump);
};

for (const fault of ['before', 'after'] as const) {
  test(`a commit that fails ${fault} it kept anything: what waited is told so, and is accepted once when it comes again`, async () => {
    const bench = await opened();
    const { live, faulty } = bench;
    const devices = await admitWard(live, 'p1');
    await quiet(bench, devices);
    const statuses: LiveStatus[] = [];
    live.onStatus((status) => statuses.push(status));
    const effects: FleetEffect[] = [];
    live.onEffect((effect) => effects.push(effect));
    const messages = [1, 2, 3].map((glucose) => devices.seal('cgm', { glucose: 100 + glucose }));
    const twin = live.fleet.subject('p1')!.twin;
    faulty.decide = once(fault);
    const waiting = [
      ...messages.map((bytes) => devices.send(bytes)),
      live.act((fleet) => fleet.request('p1', CLINICIAN, SUSPEND)),
    ];
    for (const outcome of await Promise.allSettled(waiting)) {
      assert.ok(outcome.status === 'rejected' && outcome.reason.code === 'live.unavailable');
    }
    assert.deepEqual(effects, [], 'no_record_no_effect');
    assert.equal(live.status, 'unavailable');
    assert.throws(() => live.fleet, UNAVAILABLE);
    await assert.rejects(live.history.find({ limit: 1 }), UNAVAILABLE);
    await assert.rejects(devices.send(messages[0]!, true), UNAVAILABLE);
    await until(live, 'open');
    if (fault === 'before') assert.deepEqual(live.fleet.subject('p1')!.twin, twin, 'what was ahead is discarded');
    const again = await Promise.all(messages.map((bytes) => devices.send(bytes, true)));
    const expected = fault === 'before' ? 'accepted' : 'redelivered';
    assert.deepEqual(
      again.map(({ outcome }) => outcome),
      [expected, expected, expected],
    );
    assert.deepEqual(statuses, ['unavailable', 'open']);
    const sent = new Set(['p1-pump 0', 'p1-cgm 0', 'p1-cgm 1', 'p1-cgm 2']);
    await holds(bench, { sent, acknowledged: sent });
  });
}

test('an answer that rests on what was not kept is not given', async () => {
  const bench = await opened();
  const { live, faulty } = bench;
  const devices = await admitWard(live, 'p1');
  await quiet(bench, devices);
  faulty.hold();
  const requester = { ...CLINICIAN, idempotencyKey: 'k' };
  const first = live.act((fleet) => fleet.request('p1', requester, SUSPEND));
  await faulty.held();
  // the same request again, while the first one is on its way to disk: it records nothing of its own
  const second = live.act((fleet) => fleet.request('p1', requester, SUSPEND));
  faulty.decide = once('before');
  faulty.release();
  const outcomes = await Promise.allSettled([first, second]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await until(live, 'open');
  assert.deepEqual(live.fleet.subject('p1')!.commands, []);
});

test('a store that fails while it is opened again is tried until it is back, by one at a time', async (t) => {
  const bench = await opened();
  const { live, faulty } = bench;
  const devices = await admitWard(live, 'p1');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let failing = 3;
  faulty.decide = () => (failing-- > 0 ? 'before' : undefined);
  await assert.rejects(devices.tell('cgm', { glucose: 100 }), UNAVAILABLE);
  while (live.status !== 'open') {
    assert.ok(faulty.open <= 1);
    t.mock.timers.tick(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let turn = 0; turn < 100; turn += 1) {
    t.mock.timers.tick(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // the first opening, two that failed at their first commit, and the one that is left
  assert.deepEqual([faulty.open, faulty.opened], [1, 4]);
  assert.equal(bench.log.filter((message) => message === 'the store is not back yet').length, 2);
});

test('a platform whose first commit fails does not start, and leaves nothing behind that tries', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const faulty = createFaultyStore();
  faulty.away = true;
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-live-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  await assert.rejects(openLiveBench({ directory, wrapStore: faulty.wrap }), UNAVAILABLE);
  faulty.away = false;
  for (let turn = 0; turn < 20; turn += 1) {
    t.mock.timers.tick(10_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual([faulty.open, faulty.opened], [0, 1]);
});

test('a platform that is closed while its store is away stays closed', async () => {
  const bench = await opened();
  const { live, faulty } = bench;
  const devices = await admitWard(live, 'p1');
  faulty.away = true;
  await assert.rejects(devices.tell('cgm', { glucose: 100 }), UNAVAILABLE);
  // it comes back, and the platform is closed while it is being opened
  faulty.away = false;
  faulty.hold();
  const reopening = faulty.held();
  await reopening;
  const closing = live.close();
  faulty.release();
  await closing;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(live.status, 'closed');
  assert.equal(faulty.open, 0);
  assert.throws(() => live.fleet, UNAVAILABLE);
  const again = await openLiveBench({ directory: bench.directory, now: bench.now() });
  await again.live.close();
});

test('a state that cannot be kept because the store went away does no harm', async () => {
  const bench = await opened();
  const { live, faulty } = bench;
  await admitWard(live, 'p1');
  faulty.decide = once('before', ({ snapshots }) => snapshots.length > 0);
  const unavailable = until(live, 'unavailable');
  // as many records as make the platform keep its state by itself
  for (let part = 0; part < 3; part += 1) {
    await live.act((fleet) => {
      for (let count = 0; count < 34_000; count += 1) fleet.record('EnrolmentRefused', 'platform', {});
    });
  }
  await unavailable;
  await until(live, 'open');
  assert.ok(bench.log.includes('the state was not kept; a start replays more'));
  await live.act((fleet) => fleet.record('EnrolmentRefused', 'platform', {}));
});

test('busy_means_untouched: while too much waits nothing is begun, and what waited is kept', async () => {
  const bench = await opened();
  const { live, faulty } = bench;
  faulty.hold();
  const much = (fleet: Parameters<Parameters<Live['act']>[0]>[0]): void => {
    for (let count = 0; count < 50_001; count += 1) fleet.record('EnrolmentRefused', 'platform', {});
  };
  const first = live.act((fleet) => fleet.record('EnrolmentRefused', 'platform', {}));
  await faulty.held();
  const second = live.act(much);
  let isBegun = false;
  const third = live.act(() => {
    isBegun = true;
  });
  await assert.rejects(third, { code: 'live.busy' });
  assert.ok(!isBegun);
  faulty.release();
  await Promise.all([first, second]);
  // a single change of more than that is kept too
  await live.act(much);
  await live.act((fleet) => fleet.record('EnrolmentRefused', 'platform', {}));
});

test('a call that changes nothing leaves no trace in the state', async () => {
  const bench = await opened();
  const { live } = bench;
  const devices = await admitWard(live, 'p1');
  await quiet(bench, devices);
  bench.pass(MINUTE);
  await live.act((fleet) => fleet.noteConnection('p1-pump', 'connected'));
  bench.pass(MINUTE);
  await live.act((fleet) => fleet.noteConnection('p1-pump', 'connected'));
  await assert.rejects(
    live.act((fleet) => fleet.admitSubject('p1', 'ward-1')),
    { code: 'fleet.known-subject' },
  );
  await holds(bench, { sent: new Set(['p1-pump 0']) });
});

test('what comes from the devices of somebody who was forgotten is refused, and harms nobody', async () => {
  const bench = await opened();
  const { live } = bench;
  const devices = await admitWard(live, 'p1');
  const others = await admitWard(live, 'p2');
  await quiet(bench, devices);
  await live.forget('p1');
  assert.notEqual((await devices.tell('pump', QUIET.pump)).outcome, 'accepted');
  await assert.rejects(
    live.act((fleet) => fleet.request('p1', CLINICIAN, SUSPEND)),
    { code: 'fleet.unknown-subject' },
  );
  await live.act((fleet) => ({ effects: fleet.tick() }));
  assert.equal((await others.tell('pump', QUIET.pump)).outcome, 'accepted');
  assert.equal(live.status, 'open');
  await holds(bench, { sent: new Set(['p2-pump 0']) });
});

test('whoever was being forgotten when the store went away is forgotten when it is back', async () => {
  const bench = await opened();
  const { live, faulty } = bench;
  const devices = await admitWard(live, 'p1');
  await quiet(bench, devices);
  faulty.decide = once('before', ({ destroyed }) => destroyed.length > 0);
  await assert.rejects(live.forget('p1'), UNAVAILABLE);
  await until(live, 'open');
  const found = await live.history.find({ subject: 'p1', limit: 10 });
  assert.ok(found.length > 0 && found.every(({ kind }) => kind === 'forgotten'));
  assert.equal(live.fleet.subject('p1'), undefined);
});

test('a kept state of another form is no obstacle: history tells the same', async () => {
  const bench = await opened();
  const devices = await admitWard(bench.live, 'p1');
  await quiet(bench, devices);
  const { directory, location } = bench;
  await bench.live.close();
  // sealed with the right key, so that only its form is wrong
  const store = await openStore(location, 'writing');
  const rootKeys = await openFileRootKeys({ directory: rootKeysOf(directory), create: false });
  const shelf = await openShelf(await store.secrets(), (secret) => rootKeys.unwrap(secret));
  const keys = createSubjectSecrets({ ...shelf, isForgotten: () => true });
  const foreign = encodeCanonical({ some: 'other form' });
  const capture = { at: 0, platform: () => foreign, subjects: [{ subject: 'p1', encode: () => foreign }] };
  for await (const snapshots of sealCapture(capture, await store.size(), 'test', 'b', keys)) {
    await store.commit({ records: [], blocks: [], checkpoints: [], secrets: [], destroyed: [], snapshots });
  }
  await store.close();
  const again = await opened({ directory, now: bench.now() });
  await holds(again, { sent: new Set(['p1-pump 0']), acknowledged: new Set(['p1-pump 0']) });
});
