import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asMillis, asObject, asText, asThing, malformed, requireOnly } from '#model/thing/content-fields';

const refusal = (message: string) => ({ code: 'content.malformed', message: `content: ${message}` });

test('an object is a map with text keys and nothing else', () => {
  const fields = { a: 1 };
  assert.equal(asObject(fields, 'input'), fields);
  assert.deepEqual(asObject({}, 'input'), {});
  for (const value of [undefined, null, 1, 'text', true, [], [1], new Map([[1, 2]]), new Map(), new Uint8Array(2)]) {
    assert.throws(() => asObject(value, 'input'), refusal('input is no map with text keys'), String(value));
  }
});

test('an object has as many fields as are known, no more and no fewer', () => {
  const fields = { a: 1, b: 2, c: 3 };
  assert.doesNotThrow(() => requireOnly(fields, 3));
  for (const known of [2, 4]) {
    assert.throws(() => requireOnly(fields, known), refusal(`\`3\` fields, ${known} are known`));
  }
});

test('a thing is a thing id, a time whole milliseconds, a text neither empty nor too long', () => {
  assert.equal(asThing('pump-1'), 'pump-1');
  for (const value of ['', 'Pump', 7, undefined]) {
    assert.throws(() => asThing(value), refusal(`thing \`${String(value)}\` is no thing id`));
  }
  for (const value of [0, -1, 2 ** 53 - 1]) assert.equal(asMillis(value, 'at'), value);
  for (const value of [0.5, 2 ** 53, Number.NaN, '1', undefined, null]) {
    assert.throws(() => asMillis(value, 'at'), refusal(`at \`${String(value)}\` is no time in milliseconds`));
  }
  for (const value of ['a', 'abcde']) assert.equal(asText(value, 'reason', 5), value);
  for (const value of ['', 'abcdef', 1, undefined, ['a'], new Uint8Array(3)]) {
    assert.throws(() => asText(value, 'reason', 5), refusal('reason is no text of 1 to 5'), String(value));
  }
  assert.equal(malformed('so').code, 'content.malformed');
});
