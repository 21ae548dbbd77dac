import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { CborObject } from '#base/canonical';
import { MINUTE } from '#base/time';
import { openFileRootKeys } from '#edge/keys/file-root-keys';
import { rewrapAll } from '#edge/keys/rewrap-all';
import type { Live } from '#edge/live/live';
import { wrappingKeys } from '#edge/live/root-key-change';
import { openStore } from '#edge/store/open-store';
import { openLiveBench } from './live-bench.ts';

const first = await openLiveBench();
const { directory, location } = first;
after(first.remove);
let starts = 0;

/** What history tells of the wrapping of secrets, after an opening; then the platform is closed. */
async function rewrappings(live: Live): Promise<readonly unknown[]> {
  const found = await live.history.find({ kinds: ['SecretsRewrapped'], limit: 100 });
  await live.close();
  return found.map((one) => (one.kind === 'read' ? (one.record.body as CborObject)['rootKey'] : one.kind));
}

const reopened = async (): Promise<readonly unknown[]> => {
  starts += 1;
  return rewrappings((await openLiveBench({ directory, now: first.now() + starts * MINUTE })).live);
};

test('a rotation of the root key is on record from the next start on, once', async () => {
  assert.deepEqual(await rewrappings(first.live), []);
  assert.deepEqual(await reopened(), [], 'nothing was rotated');
  const rootKeys = await openFileRootKeys({ directory: join(directory, 'root-keys'), create: false });
  const rotated = await rootKeys.rotate();
  assert.deepEqual(await reopened(), [], 'there is a new key, and nothing is wrapped under it');
  const store = await openStore(location, 'writing');
  assert.ok((await rewrapAll(store, rootKeys)) > 0);
  await store.close();
  assert.deepEqual(await reopened(), [rotated]);
  assert.deepEqual(await reopened(), [rotated], 'and not again');
});

test('which keys wrap is told in order, and before there is a secret the one that will', () => {
  const secret = (rootKeyId: string) => ({ name: rootKeyId, wrapped: new Uint8Array(1), rootKeyId });
  assert.deepEqual(wrappingKeys([], 'a'), ['a']);
  assert.deepEqual(wrappingKeys([secret('b'), secret('a'), secret('b')], 'c'), ['a', 'b']);
});
