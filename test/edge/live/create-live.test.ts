import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Fault } from '#base/fault';
import { SNAPSHOT_RECORDS } from '#edge/live/create-live';
import type { LiveStatus } from '#edge/live/live';
import { unavailable } from '#edge/store/store-fault';
import { createFaultyStore } from '../faults/faulty-store.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { admitWard } from './live-bench.ts';
import { type LiveBench, liveBenches } from './live-benches.ts';

const opened = liveBenches();

const note = ({ live }: LiveBench, what: string): Promise<void> =>
  live.act((fleet) => fleet.record('EnrolmentRefused', 'platform', { what }));

const notesOf = async ({ live }: LiveBench): Promise<readonly unknown[]> => {
  const found = await live.history.find({ kinds: ['EnrolmentRefused'], limit: 1_000 });
  return found.map((one) => (one.kind === 'read' ? (one.record.body as { readonly what?: unknown }).what : one.kind));
};

const until = ({ live }: LiveBench, wanted: LiveStatus): Promise<void> =>
  new Promise((resolve) => {
    if (live.status === wanted) resolve();
    else live.onStatus((status) => status === wanted && resolve());
  });

const messagesOf = ({ told }: LiveBench, level: 'info' | 'warn' | 'error'): readonly string[] =>
  told.filter((one) => one.level === level).map(({ message }) => message);

const turns = async (count = 5): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('effects leave when the records that they rest on are durable, to everybody who carries them out, and in order', async () => {
  const faulty = createFaultyStore();
  const bench = await opened({ memory: createMemoryStore(), wrapStore: faulty.wrap });
  await admitWard(bench.live, 'p1');
  const carried: string[] = [];
  bench.live.onEffect((effect) => carried.push(`first ${effect.kind}`));
  bench.live.onEffect((effect) => carried.push(`second ${effect.kind}`));
  const effects = [{ kind: 'one' }, { kind: 'two' }];
  faulty.hold();
  const acted = bench.live.act((fleet) => {
    fleet.record('EnrolmentRefused', 'platform', { what: 'a' });
    return { effects };
  });
  await faulty.held();
  await turns();
  assert.deepEqual(carried, []);
  faulty.release();
  assert.deepEqual(await acted, { effects }, 'what the change returns is returned');
  assert.deepEqual(carried, ['first one', 'second one', 'first two', 'second two']);
  carried.splice(0);
  for (const result of [undefined, null, 'text', 7, {}, { effects: 'none' }]) {
    assert.deepEqual(await bench.live.act(() => result), result);
  }
  assert.deepEqual(carried, []);
});

test('nothing_undurable_is_seen: a change whose commit fails is told so, leaves nothing behind, and no effect', async () => {
  const faulty = createFaultyStore();
  const bench = await opened({ memory: createMemoryStore(), wrapStore: faulty.wrap });
  const { live } = bench;
  const statuses: LiveStatus[] = [];
  live.onStatus((status) => statuses.push(status));
  const heard: unknown[] = [];
  live.changes.subscribe((changes) => heard.push(...changes.map(({ record }) => record.kind)));
  const carried: unknown[] = [];
  live.onEffect((effect) => carried.push(effect));
  await note(bench, 'kept');
  faulty.decide = () => 'before';
  await assert.rejects(
    live.act((fleet) => {
      fleet.setKillSwitch(true, 'staff', 'an attack');
      return { effects: [{ kind: 'lost' }] };
    }),
    { code: 'live.unavailable', message: /^live: what happened could not be kept: store: it does not answer/ },
  );
  assert.equal(live.status, 'unavailable');
  await assert.rejects(note(bench, 'refused'), {
    code: 'live.unavailable',
    message: 'live: the platform is unavailable; try again later',
  });
  assert.throws(() => live.fleet, { code: 'live.unavailable' });
  await assert.rejects(live.history.find({ limit: 1 }), { code: 'live.unavailable' });
  assert.throws(() => live.secrets.find('a'), { code: 'live.unavailable' });
  faulty.decide = () => undefined;
  await until(bench, 'open');
  assert.equal(live.fleet.killSwitch, false, 'it never happened');
  assert.deepEqual([await notesOf(bench), carried], [['kept'], []]);
  assert.deepEqual(statuses, ['unavailable', 'open'], 'each told once');
  assert.deepEqual(heard, ['EnrolmentRefused', 'HistoryOpened']);
  assert.deepEqual(messagesOf(bench, 'error'), ['the store failed; what was not kept is discarded']);
  const failed = bench.told.find(({ level }) => level === 'error');
  assert.match(String(failed?.data['cause']), /it does not answer/);
  await note(bench, 'after');
  assert.deepEqual(await notesOf(bench), ['kept', 'after']);
  assert.equal(faulty.open, 1, 'the store that failed was closed');
});

test('a change that is refused costs nothing, one that breaks discards all that was not durable', async () => {
  const faulty = createFaultyStore();
  const bench = await opened({ memory: createMemoryStore(), wrapStore: faulty.wrap });
  await assert.rejects(
    bench.live.act((fleet) => fleet.request('nobody', {} as never, {} as never)),
    { code: 'fleet.unknown-subject' },
  );
  await turns();
  assert.deepEqual([bench.live.status, faulty.opened], ['open', 1]);
  for (const [index, error] of [new TypeError('a defect'), new Fault('registry.malformed', 'no refusal')].entries()) {
    await assert.rejects(
      bench.live.act((fleet) => {
        fleet.record('EnrolmentRefused', 'platform', { what: 'half of it' });
        throw error;
      }),
      error,
    );
    assert.equal(bench.live.status, 'unavailable', error.message);
    await until(bench, 'open');
    assert.equal(faulty.opened, index + 2);
  }
  assert.deepEqual(await notesOf(bench), []);
});

test('a store that is away is tried again, less and less often, until it is back', async (t: TestContext) => {
  const memory = createMemoryStore();
  let isAway = false;
  let tries = 0;
  const bench = await opened({
    memory: {
      ...memory,
      open: () => {
        tries += 1;
        if (isAway) throw unavailable('it is away', 'ENOENT');
        return memory.open();
      },
    },
  });
  assert.equal(tries, 1);
  isAway = true;
  const waits: number[] = [];
  const timers: (() => void)[] = [];
  t.mock.method(globalThis, 'setTimeout', ((work: () => void, wait: number) => {
    waits.push(wait);
    timers.push(work);
    return {} as NodeJS.Timeout;
  }) as never);
  memory.beforeCommit = () => {
    throw unavailable('it is away', 'ENOENT');
  };
  await assert.rejects(note(bench, 'lost'));
  const fire = async (): Promise<void> => {
    await turns();
    timers.shift()?.();
    await turns();
  };
  for (let count = 0; count < 8; count += 1) await fire();
  assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
  assert.equal(tries, 9);
  assert.deepEqual(messagesOf(bench, 'warn'), new Array(8).fill('the store is not back yet'));
  assert.match(String(bench.told.find(({ level }) => level === 'warn')?.data['cause']), /it is away/);
  // opened, and the first commit fails: it is closed again and tried again
  isAway = false;
  await fire();
  assert.deepEqual([bench.live.status, waits.length], ['unavailable', 10]);
  memory.beforeCommit = () => {};
  await fire();
  assert.equal(bench.live.status, 'open');
  assert.equal(waits.length, 10, 'and then no more');
  await note(bench, 'back');
  assert.deepEqual(await notesOf(bench), ['back']);
  // the next outage begins with the shortest wait again
  memory.beforeCommit = () => {
    throw unavailable('it is away', 'ENOENT');
  };
  await assert.rejects(note(bench, 'lost'));
  await turns();
  assert.equal(waits.at(-1), 100);
  memory.beforeCommit = () => {};
  t.mock.restoreAll();
  await bench.live.close();
  assert.equal(bench.live.status, 'closed');
});

test('a platform that cannot open the first time says why, and leaves the store closed', async () => {
  const faulty = createFaultyStore();
  faulty.decide = () => 'before';
  await assert.rejects(opened({ memory: createMemoryStore(), wrapStore: faulty.wrap }), { code: 'live.unavailable' });
  assert.deepEqual([faulty.opened, faulty.open], [1, 0]);
  const damaged = createFaultyStore();
  const memory = createMemoryStore();
  memory.secrets.set('a', { name: 'a', wrapped: new Uint8Array(60), rootKeyId: 'unknown' });
  await assert.rejects(opened({ memory, wrapStore: damaged.wrap }), { code: 'keys.wrong-root-key' });
  assert.deepEqual([damaged.opened, damaged.open], [1, 0]);
});

test('closed means closed: state and checkpoint are kept, the store is closed, and nobody acts any more', async () => {
  const memory = createMemoryStore();
  const faulty = createFaultyStore();
  const bench = await opened({ memory, wrapStore: faulty.wrap });
  const statuses: LiveStatus[] = [];
  bench.live.onStatus((status) => statuses.push(status));
  await note(bench, 'a');
  const size = memory.records.size;
  assert.ok(!memory.checkpoints.has(size));
  await bench.live.close();
  assert.deepEqual([bench.live.status, statuses, faulty.open], ['closed', ['closed'], 0]);
  assert.ok(memory.checkpoints.has(memory.records.size), 'all of it is signed');
  assert.equal(memory.snapshots.get('a/platform')?.position, size);
  await assert.rejects(note(bench, 'late'), {
    code: 'live.unavailable',
    message: 'live: the platform is closed; try again later',
  });
});

test('a platform that is closed while its store is away stays closed when the store comes back', async () => {
  const memory = createMemoryStore();
  const faulty = createFaultyStore();
  const bench = await opened({ memory, wrapStore: faulty.wrap });
  faulty.away = true;
  await assert.rejects(note(bench, 'lost'));
  await turns();
  faulty.away = false;
  await bench.live.close();
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.deepEqual([bench.live.status, faulty.opened, faulty.open], ['closed', 1, 0]);

  // and while it is being opened again
  const second = await opened({ memory, wrapStore: faulty.wrap, directory: bench.directory });
  faulty.decide = () => 'before';
  await assert.rejects(note(second, 'lost'));
  faulty.decide = () => undefined;
  faulty.hold();
  await faulty.held();
  const closed = second.live.close();
  faulty.release();
  await closed;
  assert.deepEqual([second.live.status, faulty.open], ['closed', 0]);
  assert.deepEqual(messagesOf(second, 'warn'), [], 'to be closed is no failure');
});

test('the state is kept every 100,000 records, where nothing else is said', () => {
  assert.equal(SNAPSHOT_RECORDS, 100_000);
});

test('the state is kept after so many records, one time, and once more after as many again', async () => {
  const memory = createMemoryStore();
  const bench = await opened({ memory, snapshotEvery: 10 });
  const kept = (): number => memory.commits.filter(({ snapshots }) => snapshots.length > 0).length;
  while (memory.records.size < 9) await note(bench, 'a');
  await turns();
  assert.equal(kept(), 0, 'just before');
  await note(bench, 'the tenth');
  await turns(20);
  assert.equal(kept(), 1);
  assert.equal(memory.snapshots.get('a/platform')?.position, 10);
  while (memory.records.size < 19) await note(bench, 'b');
  await turns(20);
  assert.equal(kept(), 1);
  await note(bench, 'the twentieth');
  await turns(20);
  assert.deepEqual([kept(), memory.snapshots.get('b/platform')?.position], [2, 20]);
  await bench.live.close();

  const again = await opened({ memory, snapshotEvery: 10, directory: bench.directory });
  const before = kept();
  await note(again, 'c');
  await turns(20);
  assert.equal(kept(), before, 'counted from what it was restored from');
});

test('a state that cannot be kept is told, and nothing else suffers', async () => {
  const memory = createMemoryStore();
  const faulty = createFaultyStore();
  let fails = false;
  const bench = await opened({
    memory,
    snapshotEvery: 2,
    wrapStore: (store) => {
      const wrapped = faulty.wrap(store);
      return {
        ...wrapped,
        snapshots: async () => {
          if (fails) throw unavailable('no room', 'ENOSPC');
          return wrapped.snapshots();
        },
      };
    },
  });
  fails = true;
  await note(bench, 'a');
  await turns(20);
  const [warning] = bench.told.filter(({ level }) => level === 'warn');
  assert.deepEqual(
    [warning?.message, warning?.data],
    ['the state was not kept; a start replays more', { cause: 'store: no room (`ENOSPC`)' }],
  );
  fails = false;
  await note(bench, 'b');
  await turns(20);
  assert.equal(memory.snapshots.get('a/platform')?.position, memory.records.size, 'tried again');
  assert.deepEqual(await notesOf(bench), ['a', 'b']);
});

test('once a minute the fleet looks at the clock, and a minute that cannot be kept is told', async () => {
  const memory = createMemoryStore();
  const faulty = createFaultyStore();
  const bench = await opened({ memory, wrapStore: faulty.wrap, tickEvery: 5 });
  const minutes = async (): Promise<number> =>
    (await bench.live.history.find({ kinds: ['MinutePassed'], limit: 1_000 })).length;
  while ((await minutes()) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  faulty.decide = () => 'before';
  await until(bench, 'unavailable');
  await turns();
  assert.ok(messagesOf(bench, 'error').includes('the minute was not kept'));
  const lost = bench.told.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(
    bench.told.slice(lost).filter(({ message }) => message === 'the minute was not kept').length,
    0,
    'while the store is away no minute is tried',
  );
  faulty.decide = () => undefined;
  await until(bench, 'open');
  await bench.live.close();
  const after = memory.records.size;
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(memory.records.size, after);
});

test('the newest checkpoint is kept beside the store; one that cannot be is told and undoes nothing', async () => {
  const notes: string[] = [];
  let fails = false;
  const head = {
    last: () => undefined,
    keep: (text: string): void => {
      if (fails) throw unavailable('read-only', 'EROFS');
      notes.push(text);
    },
  };
  const bench = await opened({ memory: createMemoryStore(), head });
  await note(bench, 'a');
  const { note: text } = await bench.live.checkpoint();
  assert.equal(notes.at(-1), text);
  fails = true;
  await note(bench, 'b');
  const { size } = await bench.live.checkpoint();
  assert.equal(size, bench.live.history.size);
  const [warning] = bench.told.filter(({ level }) => level === 'warn');
  assert.deepEqual(
    [warning?.message, warning?.data],
    ['the newest checkpoint was not kept beside the store', { cause: 'store: read-only (`EROFS`)' }],
  );
  assert.equal(bench.live.status, 'open');
});

test('secrets are found at once, kept with the next commit, and gone when they are destroyed', async () => {
  const memory = createMemoryStore();
  const bench = await opened({ memory });
  const kept = bench.live.secrets.keep('pki/a', Uint8Array.of(1, 2, 3));
  assert.deepEqual(bench.live.secrets.find('pki/a'), Uint8Array.of(1, 2, 3));
  assert.ok(!memory.secrets.has('pki/a'));
  await kept;
  assert.ok(memory.secrets.has('pki/a'));
  await bench.live.secrets.destroy('pki/a');
  assert.deepEqual([bench.live.secrets.find('pki/a'), memory.secrets.has('pki/a')], [undefined, false]);
});

test('each commit is told with its records and how long it took, and a listener that fails is told of', async () => {
  const commits: (readonly [number, number])[] = [];
  const bench = await opened({
    memory: createMemoryStore(),
    onCommitted: (records, took) => commits.push([records, took]),
  });
  assert.deepEqual(
    commits.map(([records]) => records),
    [1],
    'the opening itself',
  );
  bench.live.changes.subscribe(() => {
    throw new Error('a defect');
  });
  await Promise.all([note(bench, 'a'), note(bench, 'b'), note(bench, 'c')]);
  assert.deepEqual(
    commits.slice(1).map(([records]) => records),
    [3],
  );
  assert.ok(commits.every(([, took]) => took >= 0 && took < 10_000));
  const failed = bench.told.find(({ level }) => level === 'error');
  assert.equal(failed?.message, 'a listener of changes failed');
  assert.match(String(failed?.data['cause']), /^Error at .*create-live\.test\.ts/, 'where, and none of its words');
});

test('who was forgotten is forgotten at once: record, key, state and devices', async () => {
  const memory = createMemoryStore();
  const bench = await opened({ memory });
  await (await admitWard(bench.live, 'p1')).tell('cgm', { glucose: 120 });
  const before = [...memory.secrets.keys()].filter((name) => name.includes('p1'));
  assert.equal(before.length, 5);
  await bench.live.forget('p1');
  assert.deepEqual(
    [...memory.secrets.keys()].filter((name) => name.includes('p1')),
    [],
  );
  assert.equal(bench.live.fleet.subject('p1'), undefined);
  const found = await bench.live.history.find({ subject: 'p1', limit: 10 });
  assert.ok(found.length > 0 && found.every(({ kind }) => kind === 'forgotten'));
  await assert.rejects(
    bench.live.act((fleet) => fleet.record('EnrolmentRefused', 'p1', {})),
    { code: 'history.subject-forgotten' },
  );
});
