import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReservedSequence } from '#model/thing/reserved-sequence';

test('a number is given out once what is reserved is kept, and so many are reserved at once', () => {
  const kept: number[] = [];
  const sequence = createReservedSequence(5, (unused) => kept.push(unused), 3);
  assert.deepEqual([sequence.next, sequence.unused, kept], [5, 5, []]);
  assert.deepEqual([sequence.take(), sequence.take(), sequence.take()], [5, 6, 7]);
  assert.deepEqual([sequence.next, sequence.unused, kept], [8, 8, [8]]);
  assert.equal(sequence.take(), 8);
  assert.deepEqual([sequence.next, sequence.unused, kept], [9, 11, [8, 11]]);
  assert.equal(sequence.release(), 9);
  assert.deepEqual([sequence.next, sequence.unused], [9, 9]);
  assert.equal(sequence.take(), 9);
  assert.deepEqual(kept, [8, 11, 12], 'what was given back is reserved anew');
});

test('nothing is given out when nothing can be kept', () => {
  let isFull = true;
  const sequence = createReservedSequence(0, () => {
    if (isFull) throw new Error('no space left');
  });
  assert.throws(() => sequence.take(), /no space left/);
  assert.deepEqual([sequence.next, sequence.unused], [0, 0]);
  isFull = false;
  assert.deepEqual([sequence.take(), sequence.unused], [0, 1_000]);
});

test('without anybody to keep them none is reserved ahead', () => {
  const sequence = createReservedSequence(3);
  assert.equal(sequence.take(), 3);
  assert.deepEqual([sequence.next, sequence.unused], [4, 4]);
});

test('a sequence counts from 0, and 1 to 1,000,000 numbers are reserved', () => {
  for (const start of [0, 1, 2 ** 53 - 1]) assert.equal(createReservedSequence(start).next, start);
  for (const start of [-1, 0.5, 2 ** 53, Number.NaN]) {
    assert.throws(() => createReservedSequence(start), /a sequence counts from 0/, String(start));
  }
  for (const ahead of [1, 1_000_000]) assert.equal(createReservedSequence(0, () => {}, ahead).take(), 0);
  for (const ahead of [0, -1, 1.5, 1_000_001]) {
    assert.throws(() => createReservedSequence(0, () => {}, ahead), /1 to 1000000 numbers are reserved/, String(ahead));
  }
});
