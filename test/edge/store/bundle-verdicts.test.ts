import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '#base/bytes';
import { importAeadKey } from '#crypto/aead';
import { createMerkleLog } from '#crypto/merkle-log';
import { exportBundle } from '#edge/store/export-bundle';
import { formatHead, formatRecordLine } from '#edge/store/history-bundle';
import { verifyBundle } from '#edge/store/verify-bundle';
import { sealRecord } from '#mirror/history/sealed-record';
import { AT, checkpointOf, historyOf, ORIGIN, storedRecord, VERIFIERS } from './entries.ts';
import { createMemoryStore } from './memory-store.ts';

const SIZE = 20;
const HISTORY = historyOf(SIZE, [8, 18]);
const keys = { verifiers: VERIFIERS };

async function opened() {
  const memory = createMemoryStore();
  const store = memory.open();
  await store.commit(HISTORY);
  return { memory, store };
}

async function linesOf(
  from: number,
  to: number,
  under?: Parameters<typeof exportBundle>[3],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of exportBundle((await opened()).store, from, to, under)) lines.push(line);
  return lines;
}

async function* chunksOf(lines: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const line of lines) yield utf8(line);
}

const verdictOf = (lines: readonly string[], trusted = keys) => verifyBundle(chunksOf(lines), trusted);

test('a bundle says what it holds: its range, its root, its checkpoint and the headers at its ends', async () => {
  const log = createMerkleLog();
  for (const { leaf } of HISTORY.records.slice(0, 18)) log.append(leaf);
  const header = (position: number) => {
    const { kind, subject, at } = storedRecord(position);
    return { epoch: 0, position, kind, subject, at };
  };
  assert.deepEqual(await verdictOf(await linesOf(9, 12)), {
    kind: 'intact',
    origin: ORIGIN,
    from: 9,
    to: 12,
    size: 18,
    root: log.root(),
    extensions: [`at ${AT + 18}`],
    cosignedBy: [],
    first: header(9),
    last: header(11),
  });
  const empty = formatHead({
    from: 0,
    to: 0,
    size: 0,
    before: [],
    after: [],
    note: checkpointOf(createMerkleLog()).note,
  });
  assert.partialDeepStrictEqual(await verdictOf([empty]), {
    kind: 'intact',
    first: undefined,
    last: undefined,
    size: 0,
  });
});

test('each thing that is wrong with a bundle is said, and where', async () => {
  const [head, ...lines] = (await linesOf(3, 7)) as [string, ...string[]];
  const key = importAeadKey('A256GCM', new Uint8Array(32).fill(7));
  const { kind, subject, at } = storedRecord(4);
  const moved = sealRecord({ kind, subject, at, body: 'x' }, 5, 0, key);
  const record = (position: number, reason: string) => ({ kind: 'tampered', what: 'record', position, reason });
  const cases: readonly (readonly [readonly string[], unknown])[] = [
    [[head, ...lines.slice(1)], record(3, 'line 2 holds `4`')],
    [[head, ...lines.slice(0, -1)], record(6, 'it is missing')],
    [[head], record(3, 'it is missing')],
    [[head, ...lines, formatRecordLine(7, storedRecord(7).sealed)], record(7, 'line 6 holds `7`')],
    [[head, lines[0]!, formatRecordLine(4, moved), ...lines.slice(2)], record(4, 'it was not sealed as this record')],
    [
      [head, lines[0]!, formatRecordLine(4, Uint8Array.of(1)), ...lines.slice(2)],
      record(4, 'it was not sealed as this record'),
    ],
    [
      [head.replace(/"note":".*"/, '"note":"none"'), ...lines],
      { kind: 'tampered', what: 'checkpoint', reason: 'note: no blank line before the signatures' },
    ],
  ];
  for (const [changed, verdict] of cases) assert.deepEqual(await verdictOf(changed), verdict);
  const other = {
    kind: 'tampered',
    what: 'bundle',
    reason: 'the records and digests are not those that the checkpoint was signed over',
  };
  const json = JSON.parse(head) as { readonly note: string; readonly before: readonly string[] };
  const digests = [...json.before].toReversed();
  assert.deepEqual(await verdictOf([`${JSON.stringify({ ...json, before: digests })}\n`, ...lines]), other);
  // all that was signed, and yet another size is claimed: the tree of 16 and of 18 records differ, those of 0 and 0 would not
  const log = createMerkleLog();
  for (const { leaf } of HISTORY.records.slice(0, 8)) log.append(leaf);
  const longer = HISTORY.records.slice(0, 8).map(({ position, sealed }) => formatRecordLine(position, sealed));
  const whole = formatHead({ from: 0, to: 8, size: 8, before: [], after: [], note: HISTORY.checkpoints[1]!.note });
  assert.deepEqual(await verdictOf([whole, ...longer]), other);
  await assert.rejects(verdictOf([]), { code: 'bundle.malformed', message: 'bundle: line 1: there is none' });
  await assert.rejects(verdictOf([head, 'x\n']), { message: 'bundle: line 2: not a JSON object' });
  await assert.rejects(verdictOf([head, lines[0]!, 'x\n']), { message: 'bundle: line 3: not a JSON object' });
});

test('exported is what a checkpoint covers: by the first one that does, or by the one that is named', async () => {
  const sizeOf = async (...range: Parameters<typeof linesOf>): Promise<number> =>
    JSON.parse((await linesOf(...range))[0]!).size;
  assert.equal(await sizeOf(0, 1), 8);
  assert.equal(await sizeOf(0, 8), 8);
  assert.equal(await sizeOf(0, 9), 18);
  assert.equal(await sizeOf(17, 18), 18);
  const [first, second] = HISTORY.checkpoints as [
    (typeof HISTORY.checkpoints)[number],
    (typeof HISTORY.checkpoints)[number],
  ];
  assert.equal(await sizeOf(0, 8, second), 18);
  assert.equal(await sizeOf(0, 8, first), 8);
  const uncovered = (to: number) => ({
    code: 'bundle.uncovered',
    message: `export: no checkpoint covers record \`${to - 1}\` yet; wait for the next one`,
  });
  await assert.rejects(linesOf(0, 19), uncovered(19));
  await assert.rejects(linesOf(0, 9, first), uncovered(9));
  await assert.rejects(linesOf(0, 9, { ...second, size: SIZE + 1 }), uncovered(9));
  for (const [from, to] of [
    [-1, 5],
    [5, 5],
    [6, 5],
    [0, SIZE + 1],
  ] as const) {
    await assert.rejects(linesOf(from, to), {
      code: 'bundle.range',
      message: `export: records \`${from}\` to \`${to}\` are not among the ${SIZE} that there are`,
    });
  }
  const whole = createMemoryStore().open();
  await whole.commit(historyOf(SIZE, [SIZE]));
  const all: string[] = [];
  for await (const line of exportBundle(whole, 0, SIZE)) all.push(line);
  assert.equal(all.length, SIZE + 1, 'to the very end');
  const { memory, store } = await opened();
  memory.records.delete(5);
  memory.pageRows = 2;
  const lines: string[] = [];
  await assert.rejects(
    async () => {
      for await (const line of exportBundle(store, 4, 8)) lines.push(line);
    },
    { code: 'history.tampered', message: 'export: record `5` is missing; run `npx wardtwin history verify`' },
  );
  assert.equal(lines.length, 2, 'nothing after what is missing');
});
