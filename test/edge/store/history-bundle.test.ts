import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '#base/bytes';
import { createMerkleLog } from '#crypto/merkle-log';
import { boundedLines } from '#edge/store/bounded-lines';
import { exportBundle } from '#edge/store/export-bundle';
import type { BundleVerdict } from '#edge/store/history-bundle';
import { verifyBundle } from '#edge/store/verify-bundle';
import { createStores, SQLITE } from './engine.ts';
import { checkpointOf, historyOf, NOTHING, SIGNERS, storedRecord, VERIFIERS } from './entries.ts';

const SIZE = 600;
const HISTORY = historyOf(SIZE, [100, 512, 590]);
const keys = { verifiers: VERIFIERS };

const place = await SQLITE.newPlace();
const stores = createStores();
const store = await stores.open(place.location);
await store.commit(HISTORY);
after(async () => {
  await stores.closeAll();
  await place.remove();
});

async function exported(from: number, to: number): Promise<string> {
  let text = '';
  for await (const line of exportBundle(store, from, to)) text += line;
  return text;
}

/** In chunks of a size that no line keeps to. */
async function* chunksOf(text: string, length = 1_021): AsyncGenerator<Uint8Array> {
  const bytes = utf8(text);
  for (let start = 0; start < bytes.length; start += length) yield bytes.subarray(start, start + length);
}

const verify = (text: string): Promise<BundleVerdict> => verifyBundle(chunksOf(text), keys);

test('any range that a checkpoint covers is verified without the store', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(589), fc.nat(589), async (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b) + 1];
      const verdict = await verify(await exported(from, to));
      assert.ok(verdict.kind === 'intact', JSON.stringify(verdict));
      assert.deepEqual([verdict.from, verdict.to], [from, to]);
      assert.equal(
        verdict.size,
        [100, 512, 590].find((size) => size >= to),
      );
      assert.deepEqual([verdict.first?.position, verdict.last?.position], [from, to - 1]);
    }),
    { numRuns: 25 },
  );
});

test('changed_bundle_never_verifies: any character of it', async () => {
  const genuine = await exported(97, 99);
  const alphabet = 'Ab9+/"{:,-\n ';
  await fc.assert(
    fc.asyncProperty(fc.nat(genuine.length - 1), fc.constantFrom(...alphabet), async (at, other) => {
      if (genuine[at] === other) return;
      const changed = genuine.slice(0, at) + other + genuine.slice(at + 1);
      const verdict = await verify(changed).catch((error: { code: string }) => error.code);
      if (typeof verdict === 'string') assert.match(verdict, /^(bundle|lines|note)\./);
      else assert.equal(verdict.kind, 'tampered', `${at}: ${genuine[at]} -> ${other}`);
    }),
    { numRuns: 600 },
  );
});

test('records that are left out, exchanged, repeated or added are found', async () => {
  const [head, ...lines] = (await exported(10, 20)).trimEnd().split('\n');
  const verdictOf = (records: readonly string[]): Promise<BundleVerdict> =>
    verify(`${[head, ...records].join('\n')}\n`);
  assert.equal((await verdictOf(lines)).kind, 'intact');
  const foreign = `{"position":12,"sealed":"${storedRecord(12, 'rewritten').sealed.toBase64()}"}`;
  for (const [records, position] of [
    [lines.toSpliced(3, 1), 13],
    [lines.slice(0, -1), 19],
    [[...lines, lines[0]!], 20],
    [lines.with(4, lines[5]!).with(5, lines[4]!), 14],
    [[], 10],
  ] as const) {
    const verdict = await verdictOf(records);
    assert.ok(verdict.kind === 'tampered' && verdict.what === 'record', JSON.stringify(verdict));
    assert.equal(verdict.position, position);
  }
  const verdict = await verdictOf(lines.with(2, foreign));
  assert.ok(verdict.kind === 'tampered' && verdict.what === 'bundle');
});

test('a bundle is worth what the keys are that it is checked with', async () => {
  const text = await exported(0, 5);
  const others = { verifiers: VERIFIERS.map((verifier) => ({ ...verifier, name: 'elsewhere.example' })) };
  assert.equal((await verifyBundle(chunksOf(text), others)).kind, 'tampered');
  const log = createMerkleLog();
  for (const { leaf } of HISTORY.records.slice(0, 100)) log.append(leaf);
  await store.commit({ ...NOTHING, checkpoints: [checkpointOf(log, SIGNERS.slice(0, 1))] });
  const verdict = await verify(await exported(0, 5));
  assert.ok(verdict.kind === 'tampered' && verdict.what === 'checkpoint', 'one algorithm is not both');
  await store.commit({ ...NOTHING, checkpoints: [checkpointOf(log)] });
});

test('what is not covered yet, or not there, is not exported', async () => {
  await assert.rejects(exported(580, 595), { code: 'bundle.uncovered' });
  for (const [from, to] of [
    [-1, 5],
    [5, 5],
    [0, 601],
  ] as const) {
    await assert.rejects(exported(from, to), { code: 'bundle.range' });
  }
  await place.raw('DELETE FROM record WHERE position = 7');
  await assert.rejects(exported(0, 20), { code: 'history.tampered' });
  await assert.rejects(
    exported(300, 301).then(() => exported(5, 20)),
    { code: 'history.tampered' },
  );
});

test('what is no bundle is refused, whatever its size', async () => {
  for (const text of [
    '',
    '\n',
    '{}\n',
    'null\n',
    '[1]\n',
    '{"format":"wardtwin-history-bundle/2"}\n',
    'x'.repeat(99),
  ]) {
    await assert.rejects(verify(text), (error: { code: string }) => /^(bundle|lines)\./.test(error.code), text);
  }
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(65_536).fill(0x20);
  }
  await assert.rejects(verifyBundle(endless(), keys), { code: 'lines.too-long' });
});

test('lines come out of any chunks as they went in', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 9 }), async (raw, length) => {
      const lines = raw.map((line) => line.replaceAll('\n', '').toWellFormed());
      const found: string[] = [];
      const text = lines.map((line) => `${line}\n`).join('');
      for await (const line of boundedLines(chunksOf(text, length), 10_000)) found.push(line);
      assert.deepEqual(found, lines);
    }),
    { numRuns: 50 },
  );
});
