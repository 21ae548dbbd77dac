// About 3 s.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNoteSigner } from '#crypto/signed-note';
import type { Live } from '#edge/live/live';
import { platformKeys } from '#edge/live/platform-keys';
import { openStore } from '#edge/store/open-store';
import type { Store } from '#edge/store/store';
import { type HistoryVerdict, verifyHistory } from '#edge/store/verify-history';
import { openLiveBench } from '../live/live-bench.ts';

/** Enough for a block and a checkpoint. */
async function grow(live: Live): Promise<void> {
  await live.act((fleet) => {
    for (let count = 0; count < 300; count += 1) fleet.record('EnrolmentRefused', 'platform', {});
  });
  await live.checkpoint();
}

/** A store that has grown each time that something is read. */
const growing = (store: Store, live: Live): Store => {
  const after =
    <P extends readonly unknown[], T>(read: (...parameters: P) => Promise<T>) =>
    async (...parameters: P): Promise<T> => {
      const found = await read(...parameters);
      await grow(live);
      return found;
    };
  return {
    ...store,
    size: after(store.size),
    find: after(store.find),
    leaves: after(store.leaves),
    blocks: after(store.blocks),
    checkpoints: after(store.checkpoints),
    checkpointsAfter: after(store.checkpointsAfter),
  };
};

test('intact_while_it_grows: history is verified beside the platform that writes it', async () => {
  const { live, location, remove } = await openLiveBench();
  const store = await openStore(location, 'reading');
  try {
    for (let count = 0; count < 3; count += 1) await grow(live);
    const keys = platformKeys({ find: live.secrets.find, keep: () => {} }).history;
    const verifiers = keys.map((key) => createNoteSigner('test/history', key).verifier);
    const size = await store.size();
    const verdict: HistoryVerdict = await verifyHistory(growing(store, live), { verifiers });
    assert.ok(verdict.kind === 'intact' && verdict.size === size, JSON.stringify(verdict));
    const range = await verifyHistory(growing(store, live), { verifiers, from: 100, to: 500 });
    assert.equal(range.kind, 'intact', JSON.stringify(range));
  } finally {
    await store.close();
    await live.close();
    remove();
  }
});
