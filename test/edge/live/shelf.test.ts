import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openShelf } from '#edge/live/shelf';

const secret = (name: string) => ({ name, wrapped: Uint8Array.of(1, 2), rootKeyId: 'root-1' });
const open = (...names: readonly string[]) => openShelf(names.map(secret), async ({ wrapped }) => wrapped.slice());

test('what the store keeps is found, unwrapped, and is no change', async () => {
  const shelf = await open('thing/a/1', 'thing/a/2', 'thing/b/1');
  assert.deepEqual(shelf.find('thing/a/1'), Uint8Array.of(1, 2));
  assert.equal(shelf.find('thing/c/1'), undefined);
  assert.deepEqual(shelf.names('thing/a/'), ['thing/a/1', 'thing/a/2']);
  assert.deepEqual(shelf.names('x'), []);
  assert.equal(shelf.pending, false);
  assert.deepEqual(shelf.drain(), { kept: [], destroyed: [] });
});

test('a secret that is kept or destroyed is a change until it is drained, once', async () => {
  const shelf = await open('old');
  shelf.keep('new', Uint8Array.of(9));
  assert.deepEqual([shelf.pending, shelf.find('new')], [true, Uint8Array.of(9)]);
  assert.deepEqual(shelf.drain(), { kept: [['new', Uint8Array.of(9)]], destroyed: [] });
  assert.equal(shelf.pending, false);
  const bytes = shelf.find('old')!;
  shelf.destroy('old');
  assert.deepEqual([shelf.pending, shelf.find('old'), shelf.names('')], [true, undefined, ['new']]);
  assert.deepEqual(bytes, Uint8Array.of(0, 0), 'nothing of it stays in memory');
  assert.deepEqual(shelf.drain(), { kept: [], destroyed: ['old'] });
  assert.deepEqual(shelf.drain(), { kept: [], destroyed: [] });
  assert.equal(shelf.find('new')?.length, 1);
});

test('the last word on a name holds: kept and destroyed is destroyed, destroyed and kept is kept', async () => {
  const shelf = await open();
  shelf.keep('a', Uint8Array.of(1));
  shelf.destroy('a');
  shelf.destroy('b');
  shelf.keep('b', Uint8Array.of(2));
  assert.deepEqual(shelf.drain(), { kept: [['b', Uint8Array.of(2)]], destroyed: ['a'] });
});

test('a secret that the root key does not open stops the opening', async () => {
  await assert.rejects(
    openShelf([secret('a')], async () => {
      throw new Error('another root key');
    }),
    /another root key/,
  );
});
