import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryRecordStore } from '#mirror/history/memory-record-store';

test('only a record that is there can be tampered with, and cutting off does not add', () => {
  const store = createMemoryRecordStore();
  store.append(Uint8Array.of(1));
  store.append(Uint8Array.of(2));
  store.tamper(1, Uint8Array.of(9));
  assert.deepEqual([store.get(0), store.get(1)], [Uint8Array.of(1), Uint8Array.of(9)]);
  for (const position of [-1, 2]) {
    assert.throws(() => store.tamper(position, Uint8Array.of(0)), /the store has a record -?\d/, String(position));
  }
  store.truncate(5);
  assert.equal(store.size, 2);
  store.truncate(1);
  assert.deepEqual([store.size, store.get(1)], [1, undefined]);
});
