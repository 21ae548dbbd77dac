import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestWord } from '../../../src/edge/catalog/nearest-word.ts';

test('a slip of the keyboard finds the word that was meant', () => {
  const words = ['injected-bolus', 'replayed-bolus', 'radio-jamming'];
  assert.equal(nearestWord('replayd-bolus', words), 'replayed-bolus');
  assert.equal(nearestWord('radio-jamimng', words), 'radio-jamming');
  assert.equal(nearestWord('INJECTED-BOLUS', words), 'injected-bolus');
});

test('a word like none of them finds none', () => {
  assert.equal(nearestWord('battery', ['injected-bolus', 'radio-jamming']), undefined);
  assert.equal(nearestWord('', ['a']), 'a');
  assert.equal(nearestWord('x', []), undefined);
});
