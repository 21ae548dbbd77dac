import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CborObject, type CborValue, encodeCanonical } from '#base/canonical';
import { COMMAND_ID_LENGTH, decodeCommand, encodeCommand } from '#model/thing/command-content';
import { SENML_LIMITS } from '#model/thing/senml';
import { BOLUS } from './signed-commands.ts';

const LIMIT = 100_000;
const { kind: _, ...FIELDS } = BOLUS;

const decoded = (change: CborObject) =>
  decodeCommand(encodeCanonical({ ...(FIELDS as unknown as CborObject), ...change }), LIMIT);
const withInput = (value: CborValue) => decoded({ input: { value } });

const bounds: readonly (readonly [string, CborObject, CborObject, RegExp])[] = [
  ['id', { id: 'x'.repeat(COMMAND_ID_LENGTH) }, { id: 'x'.repeat(COMMAND_ID_LENGTH + 1) }, /id is no text of 1 to 64$/],
  ['action', { action: 'x'.repeat(64) }, { action: 'x'.repeat(65) }, /action is no text of 1 to 64$/],
  ['thing', { thing: 'x'.repeat(64) }, { thing: 'x'.repeat(65) }, /is no thing id$/],
  ['issuedAt', { issuedAt: 2 ** 53 - 1 }, { issuedAt: 0.5 }, /issuedAt `0.5` is no time in milliseconds$/],
  ['expiresAt', { expiresAt: -1 }, { expiresAt: '1' }, /expiresAt `1` is no time in milliseconds$/],
  ['input', { input: {} }, { input: [] }, /input is no map with text keys$/],
  ['fields of the input', { input: fieldsOf(32) }, { input: fieldsOf(33) }, /`33` input fields are too many$/],
];

function fieldsOf(count: number): CborObject {
  return Object.fromEntries(Array.from({ length: count }, (__, index) => [`field${index}`, index]));
}

test('a command is read as it was written, and each field just within its bound and not beyond it', () => {
  assert.deepEqual(decodeCommand(encodeCommand(BOLUS), LIMIT), BOLUS);
  for (const [what, good, bad, message] of bounds) {
    assert.deepEqual(decoded(good), { ...BOLUS, ...good }, what);
    assert.throws(() => decoded(bad), { code: 'content.malformed', message }, what);
  }
  const { id: __, ...without } = FIELDS;
  assert.throws(() => decodeCommand(encodeCanonical(without as unknown as CborObject), LIMIT), {
    code: 'content.malformed',
    message: 'content: `5` fields, 6 are known',
  });
  assert.throws(() => decoded({ more: 1 }), { message: 'content: `7` fields, 6 are known' });
  assert.throws(() => decodeCommand(encodeCanonical([1]), LIMIT), {
    message: 'content: Command is no map with text keys',
  });
});

test('a value of the input is a number, a truth value, a text or numbers, each within its bound', () => {
  const longest = 'x'.repeat(SENML_LIMITS.textLength);
  const most = new Array<number>(SENML_LIMITS.arrayLength).fill(1);
  for (const value of [0, -1.5, true, false, 'a', longest, [], [1, 2.5], most]) {
    assert.deepEqual(withInput(value).input, { value });
  }
  for (const [value, message] of [
    ['', /value is no text of 1 to 256$/],
    [`${longest}x`, /value is no text of 1 to 256$/],
    [[...most, 1], /input `value` is no number, text, boolean or array of numbers$/],
    [[1, '2'], /is no number, text, boolean or array of numbers$/],
    [['1', 2], /is no number, text, boolean or array of numbers$/],
    [[[1]], /is no number/],
    [null, /is no number/],
    [{ length: 0 }, /is no number/],
    [new Uint8Array(2), /is no number/],
    [new Map([[1, 2]]), /is no number/],
  ] as const) {
    assert.throws(() => withInput(value as CborValue), { code: 'content.malformed', message }, String(value));
  }
});
