import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importAeadKey } from '#crypto/aead';
import { cosign, createCosigner } from '#crypto/cosignature';
import { BLOCK_LEAVES, createMerkleLog, leafDigest } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { splitNote } from '#crypto/signed-note';
import { type VerifyOptions, verifyHistory } from '#edge/store/verify-history';
import { sealRecord } from '#mirror/history/sealed-record';
import { AT, checkpointOf, historyOf, records, storedRecord, VERIFIERS } from './entries.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';

const KEY = importAeadKey('A256GCM', new Uint8Array(32).fill(7));
const SIZE = 2 * BLOCK_LEAVES + 88;
const SIGNED = [100, 2 * BLOCK_LEAVES, 590];
const HISTORY = historyOf(SIZE, SIGNED);
const keys = { verifiers: VERIFIERS };

/** Where the tree of the first `size` records has its root. */
function rootAt(size: number): Uint8Array {
  const log = createMerkleLog();
  for (const { leaf } of HISTORY.records.slice(0, size)) log.append(leaf);
  return log.root();
}

async function changed(change: (memory: MemoryStore) => void = () => {}): Promise<MemoryStore> {
  const memory = createMemoryStore();
  await memory.open().commit(HISTORY);
  change(memory);
  return memory;
}

/** What is wrong first, in one line. */
async function verdictOf(memory: MemoryStore, options: Partial<VerifyOptions> = {}): Promise<string> {
  const verdict = await verifyHistory(memory.open(), { ...keys, ...options });
  if (verdict.kind === 'intact') return 'intact';
  const { what, reason } = verdict;
  const id = what === 'record' ? verdict.position : what === 'block' ? verdict.index : verdict.size;
  return `${what} ${id}: ${reason}`;
}

const alterRecord =
  (position: number, change: object) =>
  (memory: MemoryStore): void => {
    memory.records.set(position, { ...memory.records.get(position)!, ...change });
  };
const alterCheckpoint =
  (size: number, change: object) =>
  (memory: MemoryStore): void => {
    memory.checkpoints.set(size, { ...memory.checkpoints.get(size)!, ...change });
  };
const resealed = (position: number, at: number) => {
  const { kind, subject } = storedRecord(position);
  const sealed = sealRecord({ kind, subject, at: AT, body: 'x' }, at, 0, KEY);
  return { sealed, leaf: leafDigest(sealed), at: AT };
};

const LEAF = 'its bytes are not those of its leaf in the tree';
const ROOT = 'its root is not that of the records before it: they were replaced, or it is of another history';

test('every thing that can be wrong is said, and where', async () => {
  const [first] = HISTORY.checkpoints;
  const other = { ...storedRecord(9), ...resealed(9, 9) };
  const cases: readonly (readonly [(memory: MemoryStore) => void, string])[] = [
    [() => {}, 'intact'],
    [alterRecord(7, { sealed: Uint8Array.of(1) }), `record 7: ${LEAF}`],
    [alterRecord(7, { leaf: new Uint8Array(32) }), `record 7: ${LEAF}`],
    [alterRecord(7, { subject: 'patient-2' }), 'record 7: its subject is not the one it was sealed with'],
    [alterRecord(7, { kind: 'SignedIn' }), 'record 7: its kind is not the one it was sealed with'],
    [alterRecord(7, { at: AT }), 'record 7: its time is not the one it was sealed with'],
    [alterRecord(7, resealed(7, 8)), 'record 7: it was sealed as record 8'],
    [
      alterRecord(7, { sealed: Uint8Array.of(0), leaf: leafDigest(Uint8Array.of(0)) }),
      'record 7: sealed record: not two byte strings',
    ],
    [alterRecord(9, other), `checkpoint 100: ${ROOT}`],
    [
      alterRecord(300, { ...storedRecord(300), ...resealed(300, 300) }),
      `block 1: it is not the root over records 256 to 511`,
    ],
    [(memory) => void memory.records.delete(0), 'record 0: it is missing'],
    [(memory) => void memory.records.delete(300), 'record 300: it is missing'],
    [(memory) => void memory.records.delete(SIZE - 1), 'intact'],
    [(memory) => void [...records(590, SIZE)].map(({ position }) => memory.records.delete(position)), 'intact'],
    [
      (memory) => void [...records(589, SIZE)].map(({ position }) => memory.records.delete(position)),
      'record 589: it is missing: a checkpoint was signed over 590 records',
    ],
    [(memory) => void memory.blocks.delete(1), 'block 1: it is missing'],
    [
      (memory) => void memory.blocks.set(2, { index: 2, digest: new Uint8Array(32) }),
      'block 2: there are no records that it could be over',
    ],
    [
      (memory) => void memory.blocks.set(-1, { index: -1, digest: new Uint8Array(32) }),
      'block -1: there are no records that it could be over',
    ],
    [alterCheckpoint(100, { at: AT }), 'checkpoint 100: its note has another time'],
    [alterCheckpoint(100, { size: 99 }), 'checkpoint 100: it is kept as one over `99` records, its note is over 100'],
    [alterCheckpoint(100, { note: 'x' }), 'checkpoint 100: note: no blank line before the signatures'],
    [
      (memory) => {
        // kept as one over more records than there are
        memory.checkpoints.set(601, { ...first!, size: 601 });
        memory.checkpoints.delete(100);
      },
      'checkpoint 100: it is kept as one over `601` records, its note is over 100',
    ],
    [
      (memory) => void memory.records.set(-3, { ...storedRecord(SIZE), position: -3 }),
      `record ${SIZE}: it was moved to \`-3\``,
    ],
  ];
  for (const [change, expected] of cases) assert.equal(await verdictOf(await changed(change)), expected);
});

test('what is intact says what was read and what is signed, and by whom it was witnessed last', async () => {
  const witness = createCosigner('one.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(5)));
  const other = createCosigner('other.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(6)));
  const cosigned =
    (size: number, ...by: readonly (typeof witness)[]) =>
    (memory: MemoryStore): void => {
      const stored = memory.checkpoints.get(size)!;
      const lines = by.map((key) => cosign(splitNote(stored.note).text, key, 1_760_000_000)).join('');
      memory.checkpoints.set(size, { ...stored, note: stored.note + lines });
    };
  const memory = await changed((kept) => {
    cosigned(100, other, witness)(kept);
    cosigned(512, witness)(kept);
  });
  const witnesses = [witness.verifier, other.verifier];
  assert.deepEqual(await verifyHistory(memory.open(), { ...keys, witnesses }), {
    kind: 'intact',
    from: 0,
    to: SIZE,
    size: SIZE,
    root: rootAt(SIZE),
    checkpoints: 3,
    coveredBy: { size: 590, at: AT + 590, cosignedBy: [] },
    witnessed: [
      { by: 'other.example', size: 100, at: AT + 100 },
      { by: 'one.example', size: 512, at: AT + 512 },
    ],
  });
});

test('of a range its own records are read, and the checkpoints around it vouch for the rest', async () => {
  const whole = await changed();
  const verified = async (from: number, to: number, memory = whole) => {
    const verdict = await verifyHistory(memory.open(), { ...keys, from, to });
    assert.ok(verdict.kind === 'intact', JSON.stringify(verdict));
    assert.deepEqual([verdict.from, verdict.to, verdict.root], [from, to, rootAt(verdict.size)]);
    return [verdict.size, verdict.checkpoints, verdict.coveredBy?.size];
  };
  assert.deepEqual(await verified(0, 50), [100, 1, 100]);
  assert.deepEqual(await verified(0, 100), [100, 1, 100]);
  assert.deepEqual(await verified(0, 101), [512, 2, 512]);
  assert.deepEqual(await verified(99, 100), [100, 1, 100]);
  assert.deepEqual(await verified(100, 101), [512, 2, 512]);
  assert.deepEqual(await verified(150, 400), [512, 2, 512], 'from the one that the range follows');
  assert.deepEqual(await verified(512, 590), [590, 2, 590]);
  assert.deepEqual(await verified(512, 591), [591, 2, 590], 'what no checkpoint covers yet is read all the same');
  assert.deepEqual(await verified(7, 7), [100, 1, 100]);
  for (const [from, to] of [
    [-1, 5],
    [5, 4],
    [0, SIZE + 1],
  ] as const) {
    await assert.rejects(verifyHistory(whole.open(), { ...keys, from, to }), {
      code: 'verify.range',
      message: `verify: records \`${from}\` to \`${to}\` are not among the ${SIZE} that there are`,
    });
  }
  // read are the records of the range, and no others
  const subject = await changed(alterRecord(300, { subject: 'nobody' }));
  const found = 'record 300: its subject is not the one it was sealed with';
  assert.deepEqual(
    [
      await verdictOf(subject, { from: 300, to: 301 }),
      await verdictOf(subject, { from: 299, to: 302 }),
      await verdictOf(subject, { from: 0, to: 300 }),
      await verdictOf(subject, { from: 301, to: SIZE }),
    ],
    [found, found, 'intact', 'intact'],
  );
  const gone = await changed((memory) => void memory.records.delete(580));
  assert.equal(
    await verdictOf(gone, { from: 0, to: 100 }),
    'intact',
    'what lies behind its checkpoint is not looked at',
  );
  assert.equal(await verdictOf(gone, { from: 520, to: 530 }), 'record 580: it is missing');
  const block = await changed((memory) => void memory.blocks.set(0, { index: 0, digest: new Uint8Array(32) }));
  assert.equal(await verdictOf(block, { from: 520, to: 530 }), `checkpoint 512: ${ROOT}`);
  const short = await changed((memory) => void memory.blocks.set(0, { index: 0, digest: new Uint8Array(31) }));
  assert.equal(
    await verdictOf(short, { from: 520, to: 530 }),
    'block 0: its digest has another length than digests have',
  );
});

test('a checkpoint that was kept elsewhere is held against it, between those that are stored and after them', async () => {
  const note = (size: number): string => {
    const log = createMerkleLog();
    for (const { leaf } of HISTORY.records.slice(0, size)) log.append(leaf);
    return checkpointOf(log).note;
  };
  const memory = await changed();
  for (const size of [50, 100, 300, 590, SIZE]) {
    assert.equal(await verdictOf(memory, { against: note(size) }), 'intact', String(size));
    assert.equal(await verdictOf(memory, { against: note(size), from: 10, to: 20 }), 'intact', String(size));
  }
  const forked = createMerkleLog();
  for (const { leaf } of records(0, 40)) forked.append(leaf);
  while (forked.size < 300) forked.append(leafDigest(Uint8Array.of(forked.size % 256)));
  const other = checkpointOf(forked).note;
  assert.equal(await verdictOf(memory, { against: other }), `checkpoint 300: ${ROOT}`);
  assert.equal(await verdictOf(memory, { against: other, from: 10, to: 20 }), `checkpoint 300: ${ROOT}`);
  while (forked.size < SIZE + 9) forked.append(leafDigest(Uint8Array.of(1)));
  assert.equal(
    await verdictOf(memory, { against: checkpointOf(forked).note }),
    `record ${SIZE}: it is missing: a checkpoint was signed over ${SIZE + 9} records`,
  );
});

test('what a running platform appends meanwhile is left to the next time, and what is signed beyond the end is not', async () => {
  const longer = historyOf(SIZE + 20, [SIZE + 10]);
  const memory = await changed();
  const store = memory.open();
  let asked = 0;
  const growing = {
    ...store,
    size: async () => {
      asked += 1;
      const size = await store.size();
      if (asked === 1) {
        await store.commit({ ...longer, records: longer.records.slice(SIZE), blocks: [] });
      }
      return size;
    },
  };
  const verdict = await verifyHistory(growing, keys);
  assert.deepEqual([verdict.kind, verdict.kind === 'intact' && verdict.size], ['intact', SIZE]);
  const cut = await changed((kept) => void kept.checkpoints.set(SIZE + 10, longer.checkpoints[0]!));
  assert.equal(
    await verdictOf(cut),
    `record ${SIZE}: it is missing: a checkpoint was signed over ${SIZE + 10} records`,
  );
});

test('a list of checkpoints that does not go on has an end all the same, and many of them are all looked at', async () => {
  const memory = await changed();
  const store = memory.open();
  let pages = 0;
  const stuck = {
    ...store,
    checkpointsAfter: async () => {
      pages += 1;
      return [HISTORY.checkpoints[0]!];
    },
  };
  assert.equal((await verifyHistory(stuck, keys)).kind, 'intact');
  assert.equal(pages, 2);
  const many = historyOf(
    230,
    Array.from({ length: 230 }, (_, index) => index + 1),
  );
  const full = createMemoryStore();
  await full.open().commit(many);
  const verdict = await verifyHistory(full.open(), keys);
  assert.deepEqual([verdict.kind === 'intact' && verdict.checkpoints, verdict.kind], [230, 'intact']);
});
