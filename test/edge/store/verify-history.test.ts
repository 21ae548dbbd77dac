import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '#base/bytes';
import { importAeadKey } from '#crypto/aead';
import { cosign, createCosigner } from '#crypto/cosignature';
import { createMerkleLog, leafDigest } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, splitNote } from '#crypto/signed-note';
import type { Commit, Store } from '#edge/store/store';
import { type HistoryVerdict, verifyHistory } from '#edge/store/verify-history';
import { openRecord, sealRecord } from '#mirror/history/sealed-record';
import { createStores, type Engine, type Place, POSTGRES, postgresSkipReason, SQLITE } from './engine.ts';
import { checkpointOf, commitOf, historyOf, NOTHING, ORIGIN, SIGNERS, storedRecord, VERIFIERS } from './entries.ts';

const SIZE = 600;
const SIGNED = [100, 512, 590];
const HISTORY = historyOf(SIZE, SIGNED);
const keys = { verifiers: VERIFIERS };

const skipped = await postgresSkipReason();

/** A place with `HISTORY` in it, made once per engine and put right again by each test. */
const placed = async (engine: Engine, commit: Commit = HISTORY): Promise<{ place: Place; store: Store }> => {
  const place = await engine.newPlace();
  const stores = createStores();
  const store = await stores.open(place.location);
  after(async () => {
    await stores.closeAll();
    await place.remove();
  });
  await store.commit(commit);
  return { place, store };
};

const onBoth = (name: string, body: (engine: Engine) => Promise<void>): void => {
  test(`sqlite: ${name}`, () => body(SQLITE));
  test(`postgres: ${name}`, { skip: skipped }, () => body(POSTGRES));
};

type Value = string | number | bigint | Uint8Array;

/** Every column of every table of history: how it finds its rows, what is in them, and what must be named when one is changed. */
interface Column {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  readonly rows: readonly { readonly id: number; readonly value: Value }[];
  readonly isLocated: (verdict: HistoryVerdict, id: number) => boolean;
}

const named =
  (what: string) =>
  (verdict: HistoryVerdict, id: number): boolean => {
    if (verdict.kind !== 'tampered' || verdict.what !== what) return false;
    switch (verdict.what) {
      case 'record':
        return verdict.position === id;
      case 'block':
        return verdict.index === id;
      case 'checkpoint':
        return verdict.size === id;
    }
  };

const columnsOf = <T extends object>(
  table: string,
  key: keyof T & string,
  rows: readonly T[],
  columns: readonly (keyof T & string)[],
): readonly Column[] =>
  columns.map((column) => ({
    table,
    key: `"${key}"`,
    column: `"${column}"`,
    rows: rows.map((row) => ({ id: Number(row[key]), value: row[column] as Value })),
    isLocated: named(table),
  }));

const COLUMNS: readonly Column[] = [
  ...columnsOf('record', 'position', HISTORY.records, ['position', 'subject', 'kind', 'at', 'sealed', 'leaf']),
  ...columnsOf('block', 'index', HISTORY.blocks, ['index', 'digest']),
  ...columnsOf('checkpoint', 'size', HISTORY.checkpoints, ['size', 'at', 'note']),
];

/** The value with one bit of it changed; `where` is brought into range. */
function flipped(value: Value, where: number, bit: number): Value {
  if (value instanceof Uint8Array) {
    const bytes = value.slice();
    bytes[where % bytes.length]! ^= 1 << bit;
    return bytes;
  }
  if (typeof value === 'string') {
    const bytes = utf8(value);
    bytes[where % bytes.length]! ^= 1 << bit;
    // PostgreSQL holds neither NUL nor malformed text: there another letter is the smallest change there is
    const isText = !bytes.includes(0) && isUtf8(bytes);
    return isText ? fromUtf8(bytes) : value.replace(/[a-z]/, (letter) => (letter === 'x' ? 'y' : 'x'));
  }
  // any of the 64 bits, the sign among them
  return BigInt.asIntN(64, BigInt(value) ^ (1n << BigInt((8 * (where % 8) + bit) % 64)));
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    fromUtf8(bytes);
    return true;
  } catch {
    return false;
  }
}

onBoth('what was never touched is intact, and says what is signed', async (engine) => {
  const { store } = await placed(engine);
  const verdict = await verifyHistory(store, keys);
  assert.equal(verdict.kind, 'intact');
  const log = createMerkleLog();
  for (const { leaf } of HISTORY.records) log.append(leaf);
  const { at, size } = HISTORY.checkpoints.at(-1)!;
  assert.deepEqual(verdict, {
    kind: 'intact',
    from: 0,
    to: SIZE,
    size: SIZE,
    root: log.root(),
    checkpoints: 3,
    coveredBy: { size, at, cosignedBy: [] },
    witnessed: [],
  });
});

onBoth('any_single_bit_is_found: in every column of every table of history, and located', async (engine) => {
  const { place, store } = await placed(engine);
  const change = async (at: Column, value: Value, where: Value): Promise<void> => {
    const assign = `UPDATE $.${at.table} SET ${at.column} = $1 WHERE ${at.key} = $2`;
    await place.raw(assign, value, where);
  };
  const runs = engine.name === 'sqlite' ? 12 : 6;
  for (const at of COLUMNS) {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.nat(7), async (row, where, bit) => {
        const { id, value } = at.rows[row % at.rows.length]!;
        const other = flipped(value, where, bit);
        const isKey = at.column === at.key;
        // a key that is taken cannot be written twice: the engine itself refuses
        if (isKey && at.rows.some(({ id: taken }) => BigInt(taken) === other)) return;
        await change(at, other, id);
        try {
          const verdict = await verifyHistory(store, keys);
          const text = `${at.table}.${at.column} of ${id}: ${value} -> ${other}: ${JSON.stringify(verdict)}`;
          assert.ok(at.isLocated(verdict, id), text);
        } finally {
          await change(at, value, isKey ? other : id);
        }
      }),
      { numRuns: runs },
    );
  }
  assert.equal((await verifyHistory(store, keys)).kind, 'intact', 'all was put right again');
});

onBoth('every byte of one checkpoint, one block and one record', async (engine) => {
  const history = historyOf(256, [256]);
  const { place, store } = await placed(engine, history);
  const step = engine.name === 'sqlite' ? 7 : 29;
  const note = history.checkpoints[0]!.note;
  for (let where = 0; where < utf8(note).length; where += step) {
    await place.raw('UPDATE $.checkpoint SET note = $1', flipped(note, where, 0));
    const verdict = await verifyHistory(store, keys);
    assert.ok(verdict.kind === 'tampered' && verdict.what === 'checkpoint', `byte ${where} of the note`);
  }
  await place.raw('UPDATE $.checkpoint SET note = $1', note);
  for (const [table, column, value, condition] of [
    ['record', 'sealed', history.records[77]!.sealed, 'position = 77'],
    ['record', 'leaf', history.records[77]!.leaf, 'position = 77'],
    ['block', 'digest', history.blocks[0]!.digest, '"index" = 0'],
  ] as const) {
    for (let where = 0; where < value.length; where += 5) {
      await place.raw(`UPDATE $.${table} SET ${column} = $1 WHERE ${condition}`, flipped(value, where, where % 8));
      const verdict = await verifyHistory(store, keys);
      assert.ok(named(table)(verdict, table === 'record' ? 77 : 0), `byte ${where} of ${column}`);
    }
    await place.raw(`UPDATE $.${table} SET ${column} = $1 WHERE ${condition}`, value);
  }
  assert.equal((await verifyHistory(store, keys)).kind, 'intact');
});

onBoth('what is missing, added or moved is found', async (engine) => {
  const { place, store } = await placed(engine);
  const first = async (): Promise<string> => {
    const verdict = await verifyHistory(store, keys);
    if (verdict.kind === 'intact') return 'intact';
    const { what, reason } = verdict;
    const id = what === 'record' ? verdict.position : what === 'block' ? verdict.index : verdict.size;
    return `${what} ${id}: ${reason}`;
  };
  const [block] = HISTORY.blocks;
  await place.raw('DELETE FROM $.block WHERE "index" = 0');
  assert.equal(await first(), 'block 0: it is missing');
  await place.raw('INSERT INTO $.block ("index", digest) VALUES (0, $1)', block!.digest);
  await place.raw('INSERT INTO $.block ("index", digest) VALUES (7, $1)', block!.digest);
  assert.match(await first(), /^block 7: there are no records/);
  await place.raw('DELETE FROM $.block WHERE "index" = 7');
  await place.raw('UPDATE $.record SET position = -1 WHERE position = 599');
  assert.match(await first(), /^record 599: it was moved to `-1`/);
  await place.raw('UPDATE $.record SET position = 599 WHERE position = -1');
  await place.raw('DELETE FROM $.record WHERE position >= 550');
  assert.match(await first(), /^record 550: it is missing: a checkpoint was signed over 590/);
  await place.raw('DELETE FROM $.record WHERE position = 3');
  assert.equal(await first(), 'record 3: it is missing', 'the first of several');
});

test('an insider with every data key who rewrites a record, its leaf and its block is found by the checkpoint', async () => {
  const key = importAeadKey('A256GCM', new Uint8Array(32).fill(7));
  const genuine = openRecord(storedRecord(120).sealed, key)!;
  const sealed = sealRecord({ ...genuine, body: 'nothing happened' }, 120, 0, key);
  const records = HISTORY.records.map((record) =>
    record.position === 120 ? { ...record, sealed, leaf: leafDigest(sealed) } : record,
  );
  const log = createMerkleLog();
  for (const { leaf } of records) log.append(leaf);
  const blocks = HISTORY.blocks.map(({ index }) => ({ index, digest: log.block(index) }));
  const { store } = await placed(SQLITE, { ...HISTORY, records, blocks });
  const verdict = await verifyHistory(store, keys);
  assert.ok(verdict.kind === 'tampered' && verdict.what === 'checkpoint');
  assert.equal(verdict.size, 512, 'the first one after it');
});

test('a checkpoint of another key, or without one of ours, is not believed', async () => {
  const log = createMerkleLog();
  for (const { leaf } of HISTORY.records) log.append(leaf);
  const stranger = createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(9)));
  for (const [signers, reason] of [
    [[stranger], /not among the keys given/],
    [[...SIGNERS, stranger], /not among the keys given/],
    [SIGNERS.slice(0, 1), /no ML-DSA-65 key/],
    [SIGNERS.slice(1), /no Ed25519 key/],
    [[...SIGNERS, SIGNERS[0]!], /twice/],
  ] as const) {
    const { store } = await placed(SQLITE, { ...HISTORY, checkpoints: [checkpointOf(log, signers)] });
    const verdict = await verifyHistory(store, keys);
    assert.ok(verdict.kind === 'tampered' && verdict.what === 'checkpoint');
    assert.match(verdict.reason, reason);
  }
});

test('checkpoints of before and after a change of signing keys verify with both sets of keys, and not with one', async () => {
  const newer = [
    createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(11))),
    createNoteSigner(ORIGIN, signingKeyFromSeed('ML-DSA-65', new Uint8Array(32).fill(12))),
  ];
  const { store } = await placed(SQLITE);
  const log = createMerkleLog();
  for (const { leaf } of HISTORY.records) log.append(leaf);
  await store.commit({ ...NOTHING, checkpoints: [checkpointOf(log, newer)] });
  const both = [...newer.map(({ verifier }) => verifier), ...VERIFIERS];
  assert.equal((await verifyHistory(store, { verifiers: both })).kind, 'intact');
  assert.equal((await verifyHistory(store, keys)).kind, 'tampered');
});

test('a cosigned checkpoint names its witness, and a changed cosignature is found', async () => {
  const witness = createCosigner('witness.example', signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(5)));
  const last = HISTORY.checkpoints.at(-1)!;
  const { store } = await placed(SQLITE);
  const line = cosign(splitNote(last.note).text, witness, 1_760_000_000);
  await store.commit({ ...NOTHING, checkpoints: [{ ...last, note: last.note + line }] });
  const trusted = { ...keys, witnesses: [witness.verifier] };
  const verdict = await verifyHistory(store, trusted);
  assert.ok(verdict.kind === 'intact');
  assert.deepEqual(verdict.coveredBy?.cosignedBy, ['witness.example']);
  assert.deepEqual(verdict.witnessed, [{ by: 'witness.example', size: last.size, at: last.at }]);
  const broken = last.note + cosign(`${splitNote(last.note).text}x\n`, witness, 1_760_000_000);
  await store.commit({ ...NOTHING, checkpoints: [{ ...last, note: broken }] });
  assert.equal((await verifyHistory(store, trusted)).kind, 'tampered');
});

test('a range is verified by its records and the first checkpoint that covers it', async () => {
  const { place, store } = await placed(SQLITE);
  await fc.assert(
    fc.asyncProperty(fc.nat(SIZE), fc.nat(SIZE), async (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const verdict = await verifyHistory(store, { ...keys, from, to });
      assert.ok(verdict.kind === 'intact', JSON.stringify(verdict));
      assert.equal(
        verdict.coveredBy?.size,
        from === 0 && to === SIZE ? 590 : (SIGNED.find((size) => size >= to) ?? 590),
      );
    }),
    { numRuns: 20 },
  );
  await place.raw("UPDATE $.record SET subject = 'patient-9' WHERE position = 300");
  assert.equal((await verifyHistory(store, { ...keys, from: 0, to: 300 })).kind, 'intact');
  assert.equal((await verifyHistory(store, { ...keys, from: 301, to: 600 })).kind, 'intact');
  assert.ok(named('record')(await verifyHistory(store, { ...keys, from: 290, to: 310 }), 300));
  await place.raw("UPDATE $.record SET subject = 'patient-0', leaf = $1 WHERE position = 580", new Uint8Array(32));
  const outside = await verifyHistory(store, { ...keys, from: 301, to: 520 });
  assert.ok(named('checkpoint')(outside, 590), 'what lies outside of the range cannot make it look intact');
  await assert.rejects(verifyHistory(store, { ...keys, to: 601 }), { code: 'verify.range' });
});

test('against a checkpoint that was kept elsewhere', async () => {
  const kept = HISTORY.checkpoints[0]!.note;
  const { store } = await placed(SQLITE);
  assert.equal((await verifyHistory(store, { ...keys, against: kept })).kind, 'intact');
  assert.equal((await verifyHistory(store, { ...keys, against: kept, from: 400, to: 500 })).kind, 'intact');
  await assert.rejects(verifyHistory(store, { ...keys, against: kept.replace('100', '101') }), {
    code: 'note.bad-signature',
  });
  // a whole other history, signed with the same keys
  const log = createMerkleLog();
  const records = Array.from({ length: 150 }, (_, index) => storedRecord(index, `rewritten ${index}`));
  for (const { leaf } of records) log.append(leaf);
  const { store: forked } = await placed(SQLITE, { ...NOTHING, records, checkpoints: [checkpointOf(log)] });
  assert.equal((await verifyHistory(forked, keys)).kind, 'intact');
  assert.ok(named('checkpoint')(await verifyHistory(forked, { ...keys, against: kept }), 100));
  // one that was cut off
  const { store: short } = await placed(SQLITE, commitOf(0, 60));
  assert.ok(named('record')(await verifyHistory(short, { ...keys, against: kept }), 60));
});

test('an empty history is intact', async () => {
  const { store } = await placed(SQLITE, NOTHING);
  const verdict = await verifyHistory(store, keys);
  assert.ok(verdict.kind === 'intact' && verdict.size === 0 && verdict.coveredBy === undefined);
});
