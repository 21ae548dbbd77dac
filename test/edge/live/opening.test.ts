import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CborObject } from '#base/canonical';
import { MINUTE } from '#base/time';
import { BLOCK_LEAVES, leafDigest, rootOfLeaves } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import {
  createNoteSigner,
  formatCheckpoint,
  formatSignatureLine,
  parseCheckpoint,
  signNote,
  splitNote,
} from '#crypto/signed-note';
import type { Fold } from '#edge/live/opened';
import type { RecordKind } from '#mirror/history/record';
import { readHeader } from '#mirror/history/sealed-record';
import { createMemoryStore, type MemoryStore } from '../store/memory-store.ts';
import { admitWard, type LiveBenchOptions, START } from './live-bench.ts';
import { type LiveBench, liveBenches } from './live-benches.ts';

const opened = liveBenches();

const note = (live: LiveBench['live'], count: number): Promise<void> =>
  live.act((fleet) => {
    for (let index = 0; index < count; index += 1) fleet.record('EnrolmentRefused', 'platform', { index });
  });

/** A history of a good 300 records that was closed: signed at its end, with a ward and a thrown kill switch in it. */
const base = await (async () => {
  const memory = createMemoryStore();
  const bench = await opened({ memory });
  await (await admitWard(bench.live, 'p1')).tell('cgm', { glucose: 120 });
  await note(bench.live, 300);
  await bench.live.act((fleet) => fleet.setKillSwitch(true, 'staff', 'an attack'));
  await bench.live.close();
  return { memory, directory: bench.directory, size: memory.records.size };
})();

/** Opens a changed copy of it. */
const reopened = (change: (memory: MemoryStore) => void = () => {}, options: LiveBenchOptions = {}) => {
  const memory = base.memory.copy();
  change(memory);
  return opened({ memory, directory: base.directory, now: START + MINUTE, ...options });
};

const isTampered = (message: RegExp) => ({ code: 'history.tampered', message });
const warnings = ({ told }: LiveBench) => told.filter(({ level }) => level !== 'info').map(({ message }) => message);

/** Rewrites a record consistently: its bytes, its leaf, and the block over it. */
function rewrite(memory: MemoryStore, position: number): void {
  const record = memory.records.get(position)!;
  const sealed = record.sealed.slice();
  sealed[sealed.length - 1]! ^= 1;
  memory.records.set(position, { ...record, sealed, leaf: leafDigest(sealed) });
  const index = Math.floor(position / BLOCK_LEAVES);
  if (!memory.blocks.has(index)) return;
  const leaves = Array.from({ length: BLOCK_LEAVES }, (_, at) => memory.records.get(index * BLOCK_LEAVES + at)!.leaf);
  memory.blocks.set(index, { index, digest: rootOfLeaves(leaves) });
}

test('a history that nobody touched opens from its snapshot, says so, and goes on where it ended', async () => {
  const bench = await reopened();
  const opening = bench.told.find(({ message }) => message === 'history opened');
  assert.equal(opening?.level, 'info');
  const size = Number(opening?.data['restoredFrom']);
  assert.ok(size > 300 && base.size - size <= 2, 'the state was kept at the end');
  assert.deepEqual(opening?.data, {
    records: base.size + 1,
    replayed: base.size - size,
    differences: 0,
    restoredFrom: size,
  });
  assert.deepEqual(warnings(bench), []);
  assert.equal(bench.live.fleet.killSwitch, true);
  assert.equal(bench.live.history.size, base.size + 1);
});

test('signed_is_compared: a start holds the store against its last signed checkpoint, whatever was rewritten to fit', async () => {
  for (const position of [0, 100, BLOCK_LEAVES - 1, BLOCK_LEAVES, base.size - 1]) {
    await assert.rejects(
      reopened((memory) => rewrite(memory, position)),
      isTampered(/^history: not what was signed; run `npx wardtwin history verify`$/),
      `record ${position}`,
    );
  }
});

test('a store whose end was taken away does not open while its checkpoint tells of it', async () => {
  await assert.rejects(
    reopened((memory) => void memory.records.delete(base.size - 1)),
    isTampered(new RegExp(`\`${base.size - 1}\` records, \`${base.size}\` were signed`)),
  );
});

test('a checkpoint that another key signed, or nobody, is not believed', async () => {
  const stranger = createNoteSigner('test/history', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(1)));
  const { checkpoint } = parseCheckpoint(splitNote(base.memory.checkpoints.get(base.size)!.note).text);
  const other = signNote(formatCheckpoint(checkpoint, [`at ${START}`]), [stranger]);
  for (const changed of [other, `${splitNote(other).text}\n`, 'no note at all']) {
    await assert.rejects(
      reopened((memory) => {
        const stored = memory.checkpoints.get(base.size)!;
        memory.checkpoints.set(base.size, { ...stored, note: changed });
      }),
      ({ code }: { code: string }) => code.startsWith('note.'),
    );
  }
});

test('both_must_sign: a checkpoint that lost the signature of one algorithm is not believed, in the store or beside it', async () => {
  const whole = base.memory.checkpoints.get(base.size)!.note;
  const { text, signatures } = splitNote(whole);
  assert.equal(signatures.length, 2);
  for (const [index, missing] of ['Ed25519', 'ML-DSA-65'].entries()) {
    const left = `${text}\n${formatSignatureLine(signatures[1 - index]!)}`;
    const unsigned = { code: 'note.unverified', message: `note: no ${missing} key of the log signed it` };
    await assert.rejects(
      reopened((memory) => {
        memory.checkpoints.set(base.size, { ...memory.checkpoints.get(base.size)!, note: left });
      }),
      unsigned,
    );
    await assert.rejects(reopened(undefined, { head: { last: () => left, keep: () => {} } }), unsigned);
  }
});

test('blocks and leaves that are missing, or one too many, do not open', async () => {
  const [block] = base.memory.blocks.values();
  await assert.rejects(
    reopened((memory) => void memory.blocks.delete(0)),
    isTampered(/`0` blocks for \d+ records/),
  );
  await assert.rejects(
    reopened((memory) => void memory.blocks.set(1, { ...block!, index: 1 })),
    isTampered(/`2` blocks for \d+ records/),
  );
  await assert.rejects(
    reopened((memory) => {
      memory.blocks.delete(0);
      memory.blocks.set(3, { ...block!, index: 3 });
    }),
    isTampered(/blocks for/),
  );
  await assert.rejects(
    reopened((memory) => void memory.records.delete(base.size - 5)),
    isTampered(new RegExp(`no record \`${base.size - 5}\``)),
  );
});

test('a record that is missing among those to be replayed is named', async () => {
  const withoutState = (position: number) => (memory: MemoryStore) => {
    memory.snapshots.clear();
    memory.records.delete(position);
  };
  for (const position of [0, 7]) {
    await assert.rejects(reopened(withoutState(position)), isTampered(new RegExp(`no record \`${position}\``)));
  }
});

test('held_beside: the checkpoint kept outside of the store is held against it as well', async () => {
  const kept = base.memory.checkpoints.get(base.size)!.note;
  const head = (last: string | undefined, notes: string[] = []) => ({
    last: () => last,
    keep: (text: string) => void notes.push(text),
  });
  const dropped = (memory: MemoryStore): void => {
    memory.checkpoints.clear();
    rewrite(memory, 100);
  };
  await assert.rejects(reopened(dropped, { head: head(kept) }), isTampered(/not what was signed/));
  const shorter = (memory: MemoryStore): void => {
    memory.checkpoints.clear();
    memory.snapshots.clear();
    memory.records.delete(base.size - 1);
  };
  await assert.rejects(reopened(shorter, { head: head(kept) }), {
    code: 'history.rolled-back',
    message: new RegExp(`holds \`${base.size - 1}\` records, \`${base.size}\` were signed`),
    data: { size: base.size - 1, signed: base.size },
  });
  await assert.rejects(reopened(undefined, { head: head(kept.replace('test/history', 'test/other')) }), {
    code: /^note\./,
  });
  const notes: string[] = [];
  const bench = await reopened(undefined, { head: head(kept, notes) });
  assert.equal(parseCheckpoint(splitNote(notes.at(-1)!).text).checkpoint.size, base.size + 1, 'the next one is kept');
  await bench.live.close();
  await reopened(shorter, { head: head(undefined) });
});

test('no_key_goes_in_silence: whose key is gone from the store is not taken for forgotten, the platform’s least of all', async () => {
  const gone = (subject: string) => (memory: MemoryStore) => void memory.secrets.delete(`subject/${subject}`);
  for (const subject of ['platform', 'p1']) {
    const message = new RegExp(`the key of \`${subject}\` is gone, and no record says that it was forgotten`);
    const told = (memory: MemoryStore): void => {
      gone(subject)(memory);
      memory.snapshots.clear();
    };
    await assert.rejects(reopened(told), isTampered(message), 'all of history is replayed');
    await assert.rejects(reopened(gone(subject)), isTampered(message), 'with a snapshot that stands for most of it');
  }
});

test('who was being forgotten when the platform ended is forgotten with the next start, devices and all', async () => {
  const memory = createMemoryStore();
  const bench = await opened({ memory });
  for (const subject of ['p1', 'p2']) await (await admitWard(bench.live, subject)).tell('cgm', { glucose: 120 });
  const ofPatient = () => [...memory.secrets.keys()].filter((name) => /^(subject\/p1|thing\/p1-.*)$/.test(name));
  assert.equal(ofPatient().length, 5, 'a key for the records, and one for each of four devices');
  // the record is durable, and the keys are there still
  await bench.live.act((fleet) => fleet.forget('p1'));
  const kept = memory.copy();
  await bench.live.close();

  const again = await opened({ memory: kept, directory: bench.directory, now: bench.now() + MINUTE });
  const left = [...kept.secrets.keys()].filter((name) => name.includes('p1'));
  assert.deepEqual(left, []);
  assert.equal(again.live.fleet.subject('p1'), undefined);
  assert.ok(again.live.fleet.subject('p2') !== undefined);
  assert.ok([...kept.secrets.keys()].filter((name) => name.includes('p2')).length === 5, 'and nobody else');
  const found = await again.live.history.find({ subject: 'p1', limit: 10 });
  assert.ok(found.every(({ kind }) => kind === 'forgotten'));
  await assert.rejects(
    again.live.act((fleet) => fleet.record('EnrolmentRefused', 'p1', {})),
    { code: 'history.subject-forgotten' },
  );
});

test('a damaged snapshot is told with the start: the older one is taken, then none, and the state is the same', async () => {
  const memory = base.memory.copy();
  const second = await opened({ memory, directory: base.directory, now: START + MINUTE });
  await note(second.live, 5);
  await second.live.close();
  const damage = (prefix: string) => (into: MemoryStore) => {
    for (const [name, row] of into.snapshots) {
      if (!name.startsWith(prefix)) continue;
      const sealed = row.sealed.slice();
      sealed[20]! ^= 1;
      into.snapshots.set(name, { ...row, sealed });
    }
  };
  const positions = [...memory.snapshots.values()]
    .filter(({ name }) => name.endsWith('/platform'))
    .map((one) => one.position);
  const [older, newer] = positions.toSorted((left, right) => left - right) as [number, number];
  assert.ok(older < newer);
  const open = async (...prefixes: readonly string[]) => {
    const copy = memory.copy();
    for (const prefix of prefixes) damage(prefix)(copy);
    const bench = await opened({ memory: copy, directory: base.directory, now: START + 2 * MINUTE });
    const from = bench.told.find(({ message }) => message === 'history opened')?.data['restoredFrom'];
    const told = bench.told.filter(({ message }) => message === 'a kept state was not taken; more was replayed');
    assert.ok(told.every(({ level }) => level === 'warn'));
    const { fleet } = bench.live;
    assert.ok(fleet.killSwitch && fleet.subject('p1') !== undefined);
    return { from, told: told.map(({ data }) => data) };
  };
  assert.deepEqual(await open(), { from: newer, told: [] });
  assert.deepEqual(await open('b/platform'), { from: older, told: [{ position: newer, reason: 'damaged' }] });
  assert.deepEqual(await open('b/subject/p1'), { from: older, told: [{ position: newer, reason: 'damaged' }] });
  assert.deepEqual(await open('a/', 'b/subject/p1'), {
    from: 0,
    told: [
      { position: newer, reason: 'damaged' },
      { position: older, reason: 'damaged' },
    ],
  });
});

test('another version replays all of it and does not call that damage', async () => {
  const bench = await reopened(undefined, { version: 'other' });
  const opening = bench.told.find(({ message }) => message === 'history opened');
  assert.deepEqual([opening?.data['restoredFrom'], opening?.data['replayed']], [0, base.size]);
  assert.deepEqual(warnings(bench), []);
});

test('a fold is fed all records of its kinds once, in order, however much of history a snapshot stands for', async () => {
  const fed: string[] = [];
  const foldOf = (kinds: readonly RecordKind[]): Fold => ({
    kinds: new Set(kinds),
    reset: () => void fed.push('reset'),
    feed: ({ kind, body }) => void fed.push(`${kind} ${(body as CborObject)['index'] ?? (body as CborObject)['by']}`),
  });
  const expected = [
    'reset',
    ...Array.from({ length: 300 }, (_, index) => `EnrolmentRefused ${index}`),
    'KillSwitchThrown staff',
  ];
  const kinds = ['EnrolmentRefused', 'KillSwitchThrown'] as const;
  const drop = (memory: MemoryStore): void => memory.snapshots.clear();
  for (const change of [undefined, drop]) {
    fed.splice(0);
    const bench = await reopened(change, { folds: [foldOf(kinds)] });
    assert.deepEqual(fed, expected);
    await bench.live.close();
  }
  fed.splice(0);
  await reopened(undefined, { folds: [foldOf(['KillSwitchThrown']), foldOf([])] });
  assert.deepEqual(fed, ['reset', 'reset', 'KillSwitchThrown staff'], 'each its own');
});

test('an epoch is more than each before it, in the store, beside it, and by the clock', async () => {
  const epochOf = async ({ live }: LiveBench): Promise<number> => {
    const [last] = await live.history.find({ kinds: ['HistoryOpened'], limit: 1, descending: true });
    assert.ok(last?.kind === 'read');
    return Number((last.record.body as CborObject)['epoch']);
  };
  const inStore = readHeader(base.memory.records.get(base.size - 1)!.sealed).epoch;
  assert.equal(inStore, START / 1_000, 'by the clock, in seconds');
  const cases: readonly (readonly [string, number, readonly number[], number])[] = [
    ['the clock is ahead', START + 90_999, [], START / 1_000 + 90],
    ['the clock stands still', START, [], inStore + 1],
    ['the clock went back', START - MINUTE, [], inStore + 1],
    ['a later opening is known beside the store', START, [inStore + 7], inStore + 8],
    ['the same opening is known beside the store', START, [inStore], inStore + 1],
  ];
  for (const [what, now, before, expected] of cases) {
    const epochs = [...before];
    const bench = await reopened(undefined, { now, epochs });
    assert.equal(await epochOf(bench), expected, what);
    assert.equal(epochs.at(-1), expected, `${what}: kept beside the store`);
    const isBehind = before.some((epoch) => epoch > inStore);
    assert.deepEqual(warnings(bench).length, isBehind ? 1 : 0, what);
    const [last] = await bench.live.history.find({ kinds: ['HistoryOpened'], limit: 1, descending: true });
    assert.equal(
      last?.kind === 'read' && (last.record.body as CborObject)['behind'],
      isBehind ? true : undefined,
      what,
    );
  }
  await assert.rejects(reopened(undefined, { now: 2 ** 32 * 1_000 }), {
    code: 'history.epoch',
    message: `history: epoch \`${2 ** 32}\` does not fit; the clock is wrong`,
  });
  assert.equal(
    await epochOf(await reopened(undefined, { now: 2 ** 32 * 1_000 - 1 })),
    2 ** 32 - 1,
    'the last there is',
  );
});

test('the opening is on record with version and root keys, and of a new store nothing came before it', async () => {
  const memory = createMemoryStore();
  const epochs: number[] = [];
  const bench = await opened({ memory, epochs });
  const [first, ...others] = await bench.live.history.find({ limit: 10 });
  assert.ok(first?.kind === 'read' && others.length === 0);
  assert.equal(first.record.kind, 'HistoryOpened');
  const { rootKeys, ...body } = first.record.body as CborObject;
  assert.deepEqual(body, { epoch: START / 1_000, version: 'test', differences: 0 });
  assert.ok(Array.isArray(rootKeys) && rootKeys.length === 1);
  assert.deepEqual(epochs, [START / 1_000]);
  assert.equal(bench.live.changes.since(0)?.length, 1, 'who listens hears of the opening too');
});
