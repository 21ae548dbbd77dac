import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asCbor, type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { explain, explanation, withoutReported } from '#base/explanation';
import { recordedExplanation, recordedExplanations } from '#base/recorded-explanation';

test('an explanation is read as it was recorded', () => {
  const told = explanation('{thing}: glucose {glucose} mg/dL, {sure}', {
    values: { thing: 'cgm', sure: true },
    reported: { glucose: 137.5 },
  });
  const recorded = decodeCanonical(encodeCanonical(asCbor(told)), 1_000);
  assert.deepEqual(recordedExplanation(recorded), told);
  const bare = explanation('no such command waits');
  assert.deepEqual(recordedExplanation(asCbor(bare)), bare);
});

test('old_texts_are_withheld: what version 0.2 recorded with its values glued in is shown with the right to read the twin', () => {
  const [told] = recordedExplanations(['plausibility: glucose `137` mg/dL is below 90 mg/dL']);
  assert.equal(explain(told!, { reported: false }), 'recorded as text by an earlier version: …');
  assert.match(explain(told!, { reported: true }), /: plausibility: glucose `137` mg\/dL is below 90 mg\/dL$/);
  assert.doesNotMatch(JSON.stringify(withoutReported(told!)), /137/);
});

test('what is no explanation says nothing', () => {
  const bodies: readonly (CborValue | undefined)[] = [
    undefined,
    null,
    137,
    true,
    [],
    { text: 137 },
    new Uint8Array(3),
    new Map([['statement', 'glucose is 137']]),
    { statement: 137 },
  ];
  for (const body of bodies) assert.deepEqual(recordedExplanation(body), explanation('no reason was recorded'));
  assert.deepEqual(recordedExplanations('text'), []);
  const odd = { statement: '{a}{b}{c}', values: { a: [137], b: null }, reported: { c: { d: 137 } } };
  assert.equal(explain(recordedExplanation(odd), { reported: true }), '………');
});
