import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base/fault';
import { openStore } from '#edge/store/open-store';
import { verifyHistory } from '#edge/store/verify-history';
import { temporaryFolder } from './engine.ts';
import { historyOf, VERIFIERS } from './entries.ts';
import { all } from './store-conformance.ts';

const HISTORY = historyOf(300, [100, 256, 290]);
const ALL_THAT_IS_READ = { records: HISTORY.records, blocks: HISTORY.blocks, checkpoints: HISTORY.checkpoints };

/** `found`, or everything that can be read of history. */
async function verdictOf(path: string): Promise<unknown> {
  try {
    const store = await openStore(path, 'reading');
    try {
      if ((await verifyHistory(store, { verifiers: VERIFIERS })).kind === 'tampered') return 'found';
      const records = await all(store.records(0, await store.size()));
      return { records, blocks: await store.blocks(), checkpoints: await store.checkpoints() };
    } finally {
      await store.close();
    }
  } catch (error) {
    // the engine itself may be the one that notices
    if (error instanceof Fault && error.code.startsWith('store.')) return 'found';
    throw error;
  }
}

// the two examples are a column that loses its type and a row that leaves its order, in the layout of schema 1
test('a bit that flips anywhere in the file of a store is found, or changes nothing that is read of history', async (t) => {
  const folder = temporaryFolder();
  t.after(folder.remove);
  const [path, copy] = [join(folder.path, 'history.sqlite'), join(folder.path, 'copy.sqlite')];
  const store = await openStore(path, 'writing');
  await store.commit(HISTORY);
  await store.close();
  const genuine = readFileSync(path);
  copyFileSync(path, copy);
  assert.deepEqual(await verdictOf(copy), ALL_THAT_IS_READ);
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(genuine.length - 1), fc.nat(7), async (where, bit) => {
      const bytes = Buffer.from(genuine);
      bytes[where]! ^= 1 << bit;
      writeFileSync(copy, bytes);
      const verdict = await verdictOf(copy);
      if (verdict === 'found') found += 1;
      else assert.deepEqual(verdict, ALL_THAT_IS_READ, `byte ${where}, bit ${bit}`);
    }),
    {
      numRuns: 400,
      examples: [
        [106_951, 3],
        [108_257, 7],
      ],
    },
  );
  assert.ok(found > 200, `most of the file is history, yet only ${found} of 400 were found`);
});
