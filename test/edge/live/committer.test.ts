import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createMerkleLog } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, splitNote } from '#crypto/signed-note';
import { type Committer, createCommitter } from '#edge/live/committer';
import { openShelf } from '#edge/live/shelf';
import type { Commit, StoredSnapshot } from '#edge/store/store';
import { unavailable } from '#edge/store/store-fault';
import type { SignedCheckpoint } from '#mirror/history/history';
import { createLedger, type Drained, type Ledger } from '#mirror/history/ledger';
import { createSubjectKeys } from '#mirror/history/subject-keys';
import { createMemoryStore } from '../store/memory-store.ts';

const AT = 1_760_000_000_000;
const signer = createNoteSigner('ward.example/history', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(1)));

/** A committer over a store in memory, whose commits wait and fail when told to. */
async function openCommitter({ ledger: standIn }: { readonly ledger?: Ledger } = {}) {
  const memory = createMemoryStore();
  const keys = createSubjectKeys(() => new Uint8Array(32).fill(5));
  const ledger =
    standIn ??
    createLedger({ origin: 'ward.example/history', keys, signers: [signer], epoch: 1, tree: createMerkleLog() });
  const shelf = await openShelf([], async () => new Uint8Array(1));
  const committed: Drained[] = [];
  const took: number[] = [];
  const signed: SignedCheckpoint[] = [];
  const failures: unknown[] = [];
  const committer: Committer = createCommitter({
    store: memory.open(),
    ledger,
    shelf,
    wrap: async (name, secret) => ({ name, wrapped: secret.slice(), rootKeyId: 'root-1' }),
    now: () => AT,
    onCommitted: (drained, milliseconds) => {
      committed.push(drained);
      took.push(milliseconds);
    },
    onSigned: (checkpoint) => signed.push(checkpoint),
    onFailed: (error) => failures.push(error),
  });
  const append = (count = 1): void => {
    for (let index = 0; index < count; index += 1)
      ledger.append({ kind: 'MessageReceived', subject: 'p1', at: AT, body: ledger.size });
  };
  return { memory, ledger, shelf, committer, append, committed, took, signed, failures };
}

type Bench = Awaited<ReturnType<typeof openCommitter>>;

/** Commits wait from now on. */
function holdCommits({ memory }: Bench) {
  let reached = Promise.withResolvers<Commit>();
  let gate = Promise.withResolvers<void>();
  memory.beforeCommit = (commit) => {
    reached.resolve(commit);
    return gate.promise;
  };
  return {
    /** Resolves with the commit that waits. */
    reached: () => reached.promise,
    /** Lets it pass, and holds the next one. */
    pass: (): void => {
      const before = gate;
      reached = Promise.withResolvers();
      gate = Promise.withResolvers();
      before.resolve();
    },
    fail: (error: Error): void => gate.reject(error),
  };
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const undecided = {};
  // a commit that is free to go takes a few turns of the loop
  const turns = (async () => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return undecided;
  })();
  return (await Promise.race([promise.catch(() => undefined), turns])) !== undecided;
};

const sizesOf = ({ memory }: Bench): readonly number[] => memory.commits.map(({ records }) => records.length);

test('where nothing waits there is nothing to wait for, and nothing is committed', async () => {
  const bench = await openCommitter();
  await bench.committer.settled();
  assert.deepEqual(bench.memory.commits, []);
});

test('all that was appended before the commit shares it, and what is appended while it is under way the next', async () => {
  const startedAt = performance.now();
  const bench = await openCommitter();
  const commits = holdCommits(bench);
  bench.append(2);
  const first = bench.committer.settled();
  bench.append(1);
  const also = bench.committer.settled();
  assert.equal((await commits.reached()).records.length, 3);
  bench.append(4);
  const second = bench.committer.settled();
  assert.deepEqual([await isSettled(first), await isSettled(second)], [false, false], 'nothing before it is durable');
  commits.pass();
  await Promise.all([first, also]);
  assert.equal(await isSettled(second), false, 'it waits for its own commit');
  assert.equal((await commits.reached()).records.length, 4);
  commits.pass();
  await second;
  assert.deepEqual(sizesOf(bench), [3, 4]);
  assert.deepEqual(
    bench.committed.map(({ entries }) => entries.length),
    [3, 4],
  );
  const elapsed = performance.now() - startedAt;
  assert.ok(bench.took.every((milliseconds) => milliseconds > 0 && milliseconds <= elapsed));
});

test('who appended nothing waits for the commit under way: they may have seen what is not yet durable', async () => {
  const bench = await openCommitter();
  const commits = holdCommits(bench);
  bench.append();
  const first = bench.committer.settled();
  await commits.reached();
  const onlooker = bench.committer.settled();
  assert.equal(await isSettled(onlooker), false);
  commits.pass();
  await Promise.all([first, onlooker]);
  assert.deepEqual(sizesOf(bench), [1], 'and makes no commit of their own');
  await bench.committer.settled();
});

test('a record is stored as it was sealed, with what finds it', async () => {
  const bench = await openCommitter();
  bench.append();
  await bench.committer.settled();
  const [entry] = bench.committed[0]!.entries;
  assert.deepEqual(bench.memory.records.get(0), {
    position: 0,
    subject: 'p1',
    kind: 'MessageReceived',
    at: AT,
    sealed: entry!.sealed,
    leaf: entry!.leaf,
  });
});

test('secrets become durable with the records beside them, wrapped, and destroyed ones go with them', async () => {
  const bench = await openCommitter();
  bench.shelf.keep('thing/a/1', Uint8Array.of(7));
  bench.append();
  await bench.committer.settled();
  const [commit, ...others] = bench.memory.commits;
  assert.deepEqual([commit!.records.length, others.length], [1, 0]);
  assert.deepEqual(commit!.secrets, [{ name: 'thing/a/1', wrapped: Uint8Array.of(7), rootKeyId: 'root-1' }]);
  bench.shelf.destroy('thing/a/1');
  await bench.committer.settled();
  assert.deepEqual(bench.memory.commits[1]!.destroyed, ['thing/a/1']);
  assert.equal(bench.memory.secrets.size, 0);
});

test('snapshots are kept with the next commit', async () => {
  const bench = await openCommitter();
  const snapshot: StoredSnapshot = { name: 'a/platform', position: 0, version: '1', sealed: Uint8Array.of(1) };
  await bench.committer.keepSnapshots([snapshot, { ...snapshot, name: 'a/subject/p1' }]);
  assert.deepEqual([...bench.memory.snapshots.keys()], ['a/platform', 'a/subject/p1']);
  assert.equal(bench.memory.commits.length, 1);
  await bench.committer.keepSnapshots([{ ...snapshot, position: 1 }]);
  assert.deepEqual(
    bench.memory.commits.map(({ snapshots }) => snapshots.length),
    [2, 1],
  );
});

test('the first commit of records is signed, and then none until a minute has passed or enough was recorded', async (t) => {
  const time = performance.now();
  let passed = 0;
  t.mock.method(performance, 'now', () => time + passed);
  const bench = await openCommitter();
  const signedSizes = async (): Promise<readonly number[]> => {
    bench.append();
    await bench.committer.settled();
    return bench.signed.map(({ size }) => size);
  };
  assert.deepEqual(await signedSizes(), [1]);
  passed = 59_999;
  assert.deepEqual(await signedSizes(), [1], 'just before');
  passed = 60_000;
  assert.deepEqual(await signedSizes(), [1, 3], 'a minute after the last one');
  passed = 119_999;
  assert.deepEqual(await signedSizes(), [1, 3]);
  assert.deepEqual(
    [...bench.memory.checkpoints.values()],
    bench.signed.map(({ size, at, note }) => ({ size, at, note })),
    'what is signed is stored with what it is signed over',
  );
  passed = 240_000;
  bench.shelf.keep('a', Uint8Array.of(1));
  await bench.committer.settled();
  assert.equal(bench.signed.length, 2, 'where nothing was recorded there is nothing new to sign');
});

test('20,000 records are signed for, before the minute is over, and one fewer is not', async (t) => {
  t.mock.method(performance, 'now', () => 1_000_000);
  const { ledger, sign, bench } = await standIn();
  await sign(10);
  assert.equal(bench.signed.at(-1)?.size, 10);
  // the last record of a commit is at its size less one
  await sign(10 + 20_000);
  assert.equal(bench.signed.at(-1)?.size, 10);
  await sign(10 + 20_001);
  assert.deepEqual([bench.signed.at(-1)?.size, ledger.size], [20_011, 20_011]);
  await sign(20_011 + 20_000);
  assert.equal(bench.signed.length, 2, 'counted from the last one that was signed');
});

/** A ledger that is as long as it is said to be, each commit being of its last record alone. */
async function standIn() {
  const made = await openCommitter();
  let size = 0;
  let pending = 0;
  const ledger: Ledger = {
    get size() {
      return size;
    },
    get pending() {
      return pending;
    },
    append: () => 0,
    drain: () => {
      const record = { kind: 'MessageReceived', subject: 'p1', at: AT, body: null } as const;
      const entry = { position: size - 1, record, sealed: Uint8Array.of(1), leaf: new Uint8Array(32) };
      const entries = pending > 0 ? [entry] : [];
      pending = 0;
      return { entries, blocks: [] };
    },
    checkpoint: (at) => ({ ...made.ledger.checkpoint(at), size }),
  };
  const bench = await openCommitter({ ledger });
  const sign = async (to: number): Promise<void> => {
    // the last of the records before it stands for all of them
    bench.memory.records.clear();
    bench.memory.records.set(to - 2, { ...STORED, position: to - 2 });
    size = to;
    pending = 1;
    await bench.committer.settled();
  };
  const wait = (count: number): void => {
    pending = count;
  };
  return { ledger, bench, sign, wait };
}

const STORED = {
  subject: 'p1',
  kind: 'MessageReceived',
  at: AT,
  sealed: Uint8Array.of(1),
  leaf: new Uint8Array(32),
} as const;

test('who asks for a checkpoint gets one over all that was recorded, and of one size there is one text that was signed', async () => {
  const bench = await openCommitter();
  bench.append(3);
  const [first, also] = await Promise.all([bench.committer.checkpoint(), bench.committer.checkpoint()]);
  assert.equal(first.size, 3);
  assert.equal(first, also);
  assert.equal(bench.memory.checkpoints.get(3)?.note, first.note);
  const again = await bench.committer.checkpoint();
  assert.equal(again, first, 'nothing was recorded since');
  assert.deepEqual(
    bench.memory.commits.map(({ checkpoints }) => checkpoints.length),
    [1, 0],
    'and it is not written again',
  );
  assert.equal(bench.signed.length, 1);
  bench.append();
  const next = await bench.committer.checkpoint();
  assert.equal(next.size, 4);
  assert.notEqual(next.note, first.note);
});

test('a checkpoint is of what its commit makes durable, not of what comes meanwhile', async () => {
  const bench = await openCommitter();
  bench.shelf.keep('a', Uint8Array.of(1));
  bench.append(2);
  const commits = holdCommits(bench);
  const asked = bench.committer.checkpoint();
  await commits.reached();
  bench.append(5);
  commits.pass();
  const { size } = await asked;
  assert.equal(size, 2);
  assert.equal(bench.memory.records.size, 2, 'and it is handed out when they are');
});

test('a cosignature is added behind the checkpoint that it is of, once per key', async () => {
  const bench = await openCommitter();
  bench.append(2);
  const checkpoint = await bench.committer.checkpoint();
  const line = '\u2014 witness.example q1v7AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n';
  const signaturesOf = (size: number) => splitNote(bench.memory.checkpoints.get(size)!.note).signatures.length;
  assert.equal(signaturesOf(2), 1);
  await bench.committer.cosign(checkpoint, line);
  assert.equal(signaturesOf(2), 2);
  assert.equal(bench.memory.checkpoints.get(2)?.note, checkpoint.note + line);
  await bench.committer.cosign(checkpoint, line);
  assert.equal(signaturesOf(2), 2);
});

test('a commit that fails is told to all who wait, those of the next one too, and nothing is committed after it', async () => {
  const bench = await openCommitter();
  const commits = holdCommits(bench);
  bench.append();
  const first = bench.committer.settled();
  await commits.reached();
  bench.append();
  const second = bench.committer.settled();
  const onlooker = bench.committer.checkpoint();
  const cause = unavailable('the disk is full', 'ENOSPC');
  commits.fail(cause);
  for (const waiting of [first, second, onlooker]) {
    await assert.rejects(waiting, {
      data: { cause },
      code: 'live.unavailable',
      message: 'live: what happened could not be kept: store: the disk is full (`ENOSPC`)',
    });
  }
  assert.deepEqual(bench.failures.map(String), ['Fault: store: the disk is full (`ENOSPC`)'], 'once');
  assert.deepEqual([bench.committed, bench.signed, bench.memory.records.size], [[], [], 0]);
  bench.memory.beforeCommit = () => {};
  const asked: (() => Promise<unknown>)[] = [
    () => bench.committer.settled(),
    () => bench.committer.checkpoint(),
    () => bench.committer.keepSnapshots([]),
  ];
  for (const ask of asked) await assert.rejects(ask, { code: 'live.unavailable' });
  await isSettled(new Promise(() => {}));
  assert.equal(bench.failures.length, 1);
  assert.deepEqual(bench.memory.commits, [], 'what was lost is not written later, out of its order');
  await bench.committer.stop();
});

test('a secret that cannot be wrapped fails its commit like a store that fails', async (t: TestContext) => {
  const bench = await openCommitter();
  const committer = createCommitter({
    store: bench.memory.open(),
    ledger: bench.ledger,
    shelf: bench.shelf,
    wrap: async () => {
      throw new Error('the token is gone');
    },
    now: () => AT,
    onCommitted: () => assert.fail('nothing was'),
    onSigned: () => assert.fail('nothing was'),
    onFailed: (error) => t.diagnostic(String(error)),
  });
  bench.append();
  bench.shelf.keep('a', Uint8Array.of(1));
  await assert.rejects(committer.settled(), { code: 'live.unavailable', message: /could not be kept: unexpectedly$/ });
  assert.equal(bench.memory.commits.length, 0, 'no record without the secret that it rests on');
});

test('records may wait up to a bound; beyond it nobody adds more', async () => {
  const { bench, wait } = await standIn();
  for (const count of [0, 1, 50_000]) {
    wait(count);
    assert.doesNotThrow(() => bench.committer.requireRoom(), String(count));
  }
  wait(50_001);
  assert.throws(() => bench.committer.requireRoom(), {
    code: 'live.busy',
    message: 'live: `50001` records wait; try again later',
  });
});

test('to stop is to commit what waits, to wait for what is under way, and to take no more', async () => {
  const bench = await openCommitter();
  const commits = holdCommits(bench);
  bench.append();
  const first = bench.committer.settled();
  await commits.reached();
  bench.append();
  const stopped = bench.committer.stop();
  assert.equal(await isSettled(stopped), false);
  commits.pass();
  await first;
  assert.equal(await isSettled(stopped), false);
  assert.equal((await commits.reached()).records.length, 1);
  commits.pass();
  await stopped;
  assert.deepEqual(sizesOf(bench), [1, 1]);
  await assert.rejects(bench.committer.settled(), {
    code: 'live.unavailable',
    message: 'live: what happened could not be kept: closed',
  });
  const idle = await openCommitter();
  await idle.committer.stop();
  assert.equal(idle.memory.commits.length, 0);
});
