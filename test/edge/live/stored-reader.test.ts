import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importAeadKey } from '#crypto/aead';
import { BLOCK_LEAVES, leafDigest, verifyConsistency, verifyInclusion } from '#crypto/merkle-log';
import type { Opened } from '#edge/live/opened';
import { openTree, readStored } from '#edge/live/stored-history';
import { createStoredReader } from '#edge/live/stored-reader';
import type { Store, StoredRecord } from '#edge/store/store';
import type { HistoryRecord } from '#mirror/history/record';
import { sealRecord } from '#mirror/history/sealed-record';
import { encodeContent } from '#model/thing/content';
import type { Acknowledgement, Report } from '#model/thing/message';
import { AT, historyOf, storedRecord } from '../store/entries.ts';
import { createMemoryStore } from '../store/memory-store.ts';

const KEY = importAeadKey('A256GCM', new Uint8Array(32).fill(7));
const SIZE = 2 * BLOCK_LEAVES + 20;

/** Rows of one page of a reader, as `PAGE` of it. */
const PAGE = 2_000;

async function storeOf(size = SIZE, durable = size) {
  const memory = createMemoryStore();
  const store = memory.open();
  await store.commit(historyOf(size, [100, 300]));
  const tree = await openTree(store);
  const forgotten = new Set<string>();
  const subjectSecrets = {
    find: (subject: string) => (forgotten.has(subject) ? undefined : KEY),
    isForgotten: (subject: string) => forgotten.has(subject),
  };
  const things = new Map([
    ['patient-1-cgm', { role: 'cgm' }],
    ['patient-1-gateway', { role: 'gateway' }],
  ]);
  const registry = { things, subjects: new Map() };
  const finds: number[] = [];
  const counted: Store = {
    ...store,
    find: (query) => {
      finds.push(query.limit);
      return store.find(query);
    },
  };
  const opened = { store: counted, tree, subjectSecrets, fleet: { registry } } as unknown as Opened;
  return {
    memory,
    tree,
    forgotten,
    finds,
    reader: createStoredReader(
      () => opened,
      () => durable,
    ),
  };
}

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('records are read in order, whichever pages the store makes of them, and those of the forgotten by their headers', async () => {
  const { reader, forgotten } = await storeOf();
  const all = await collected(reader.range(250, 460));
  assert.deepEqual(
    all.map(({ position }) => position),
    Array.from({ length: 210 }, (_, index) => 250 + index),
  );
  const [first] = all;
  assert.deepEqual(first?.kind === 'read' && first.record.body, 'reading 250');
  forgotten.add('patient-1');
  const [found] = await collected(reader.range(250, 251));
  const { kind: recordKind, subject, at } = storedRecord(250);
  assert.deepEqual(found, { kind: 'forgotten', position: 250, recordKind, subject, at });
  assert.deepEqual(
    (await reader.find({ subject: 'patient-1', limit: 2 })).map(({ kind, position }) => [kind, position]),
    [
      ['forgotten', 1],
      ['forgotten', 4],
    ],
  );
  assert.equal(reader.size, SIZE);
});

test('a record that was altered is not read: neither its bytes, nor its leaf, nor under another key, nor without one', async () => {
  const { memory, reader } = await storeOf();
  const genuine = memory.records.get(5)!;
  const { sealed } = genuine;
  const other = sealed.slice();
  other[other.length - 1]! ^= 1;
  for (const [change, message] of [
    [{ sealed: other }, /record `5` is altered; run `npx wardtwin history verify`$/],
    [{ leaf: new Uint8Array(32) }, /record `5` is altered/],
    [{ sealed: other, leaf: leafDigest(other) }, /record `5` does not open/],
  ] as const) {
    memory.records.set(5, { ...genuine, ...change });
    await assert.rejects(reader.find({ after: 4, limit: 1 }), { code: 'history.tampered', message });
    await assert.rejects(collected(reader.range(0, 10)), { code: 'history.tampered', message });
  }
  const keyless = { find: () => undefined, isForgotten: () => false };
  assert.throws(() => readStored(genuine, keyless), {
    code: 'history.tampered',
    message: /the key of `patient-2` is gone, and no record says that it was forgotten/,
  });
});

test('every record that is durable proves its place in every size of history that is, and no other does', async () => {
  const { reader, tree } = await storeOf(SIZE, SIZE - 1);
  const sizes = [1, BLOCK_LEAVES - 1, BLOCK_LEAVES, BLOCK_LEAVES + 1, 2 * BLOCK_LEAVES, SIZE - 2, SIZE - 1];
  for (const size of sizes) {
    const root = whole(size);
    for (const position of [0, size - 1, Math.floor(size / 2)]) {
      const proof = await reader.proveInclusion(position, size);
      assert.deepEqual([proof.position, proof.size], [position, size]);
      assert.deepEqual(proof.leaf, storedRecord(position).leaf);
      assert.ok(verifyInclusion(proof.leaf, position, size, proof.path, root), `${position} of ${size}`);
    }
    for (const first of sizes.filter((one) => one <= size)) {
      const path = await reader.proveConsistency(first, size);
      assert.ok(verifyConsistency(first, whole(first), size, root, path), `${first} of ${size}`);
    }
  }
  assert.equal((await reader.proveInclusion(3)).size, SIZE - 1, 'what is durable, where no size is given');
  assert.deepEqual(await reader.proveConsistency(7), await reader.proveConsistency(7, SIZE - 1));
  assert.deepEqual(await reader.proveConsistency(0, 0), []);
  assert.equal(tree.size, SIZE);

  const absent: readonly (() => Promise<unknown>)[] = [
    () => reader.proveInclusion(SIZE - 1),
    () => reader.proveInclusion(-1),
    () => reader.proveInclusion(0.5),
    () => reader.proveInclusion(Number.NaN),
    () => reader.proveInclusion(3, 3),
    () => reader.proveInclusion(0, 0),
    () => reader.proveInclusion(0, SIZE),
    () => reader.proveInclusion(0, -1),
    () => reader.proveInclusion(0, 1.5),
    () => reader.proveConsistency(0, SIZE),
    () => reader.proveConsistency(SIZE),
    () => reader.proveConsistency(4, 3),
    () => reader.proveConsistency(-1),
    () => reader.proveConsistency(0.5),
    () => reader.proveConsistency(0, 1.5),
  ];
  for (const ask of absent) {
    await assert.rejects(
      ask,
      { code: 'history.no-record', message: /^history: no record `[-\w.]+` among \d+$/ },
      String(ask),
    );
  }
  await assert.rejects(reader.proveInclusion(SIZE + 5), { data: { position: SIZE + 5, size: SIZE - 1 } });
});

const whole = (size: number): Uint8Array => {
  const { checkpoints } = historyOf(size, [size]);
  return Buffer.from(checkpoints[0]!.note.split('\n')[2]!, 'base64');
};

test('a proof over a record that is gone says that history was tampered with', async () => {
  const { memory, reader } = await storeOf();
  memory.records.delete(7);
  await assert.rejects(reader.proveInclusion(7), { code: 'history.tampered', message: /no record `7`/ });
  await assert.rejects(reader.proveInclusion(9), { code: 'history.tampered', message: /no record `7`/ });
  memory.records.delete(SIZE - 1);
  await assert.rejects(reader.proveInclusion(SIZE - 1), {
    code: 'history.tampered',
    message: `history: no record \`${SIZE - 1}\``,
  });
});

test('checkpoints are told as they were signed, the latest of them being over durable records', async () => {
  const { reader, memory } = await storeOf();
  const all = await reader.checkpoints();
  assert.deepEqual(
    all.map(({ size, at, note, root, origin }) => [size, at, note, root.length, origin]),
    [100, 300].map((size) => [size, AT + size, memory.checkpoints.get(size)!.note, 32, 'ward.example/history']),
  );
  assert.deepEqual(await reader.latestCheckpoint(), all[1]);
  assert.equal((await (await storeOf(SIZE, 299)).reader.latestCheckpoint())?.size, 100);
  assert.equal((await (await storeOf(SIZE, 300)).reader.latestCheckpoint())?.size, 300);
  assert.equal(await (await storeOf(SIZE, 99)).reader.latestCheckpoint(), undefined);
});

test('messages of a period are told by roles, in order, across the pages, and none that cannot be read', async () => {
  const { memory, reader, forgotten, finds } = await storeOf(0);
  const count = PAGE + 3;
  for (let position = 0; position < count; position += 1) {
    const at = AT + 1_000 * position;
    const report: Report = {
      kind: 'Report',
      thing: 'patient-1-cgm',
      sentAt: at,
      measurements: [{ name: 'glucose', value: position, at }],
    };
    memory.records.set(position, messageRecord(position, at, report));
  }
  memory.records.set(count, { ...storedRecord(count), at: AT + 1_000 * count });
  const told = await collected(reader.messages('patient-1', 0, AT + 1_000_000_000));
  assert.equal(told.length, count);
  assert.deepEqual(finds.splice(0), [PAGE, PAGE], 'two pages, and no third');
  assert.deepEqual(
    [told[0], told.at(-1)].map((message) => [
      message?.sender,
      message?.thing,
      message?.content.thing,
      message?.receivedAt,
    ]),
    [
      ['gateway', 'cgm', 'cgm', AT],
      ['gateway', 'cgm', 'cgm', AT + 1_000 * (count - 1)],
    ],
  );
  assert.deepEqual(
    told.map(({ sequence }) => sequence),
    Array.from({ length: count }, (_, index) => index),
  );
  const some = await collected(reader.messages('patient-1', AT + 5_000, AT + 8_000));
  assert.deepEqual(
    some.map(({ sequence }) => sequence),
    [5, 6, 7],
    'from the first instant on, before the second',
  );
  assert.deepEqual(await collected(reader.messages('patient-2', 0, AT + 1_000_000_000)), []);
  const acknowledged = messageRecord(7, AT + 7_000, {
    kind: 'Acknowledgement',
    thing: 'patient-1-cgm',
    commandId: 'c',
    outcome: 'done',
    at: AT,
  });
  memory.records.set(7, acknowledged);
  const [answer] = await collected(reader.messages('patient-1', AT + 7_000, AT + 8_000));
  assert.equal(answer?.content.kind, 'Acknowledgement');
  forgotten.add('patient-1');
  assert.deepEqual(await collected(reader.messages('patient-1', 0, AT + 1_000_000_000)), []);
});

function messageRecord(position: number, at: number, content: Report | Acknowledgement): StoredRecord {
  const payload = encodeContent(content);
  const body = { sender: 'patient-1-gateway', sequence: position, content: content.kind, payload };
  const kind = content.kind === 'Report' ? 'MessageReceived' : 'CommandAcknowledged';
  const record: HistoryRecord = { kind, subject: 'patient-1', at, body };
  const sealed = sealRecord(record, position, 0, KEY);
  return { position, subject: 'patient-1', kind, at, sealed, leaf: leafDigest(sealed) };
}
