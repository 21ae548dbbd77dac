import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { schemaFaults } from '../../../src/edge/catalog/schema-fault.ts';

test('of several forms, only the faults of the one that was meant are told', () => {
  const schema = {
    anyOf: [
      { type: 'null' },
      { type: 'object', required: ['dose'], properties: { dose: { type: 'number', maximum: 25 } } },
    ],
  };
  assert.deepEqual(messages(schema, { dose: 40 }), ['/dose `40` is out of range; it has to be <= 25']);
  assert.deepEqual(messages(schema, {}), [' key `dose` is missing']);
});

test('a form is recognised by its constant, also behind a reference', () => {
  const schema = {
    $defs: {
      bolus: {
        type: 'object',
        required: ['units'],
        properties: { kind: { const: 'bolus' }, units: { type: 'number' } },
      },
    },
    oneOf: [
      { $ref: '#/$defs/bolus' },
      {
        type: 'object',
        required: ['minutes'],
        properties: { kind: { const: 'suspend' }, minutes: { type: 'number' } },
      },
    ],
  };
  assert.deepEqual(messages(schema, { kind: 'bolus', units: '3' }), ['/units `3` is text; it has to be a number']);
  assert.deepEqual(messages(schema, { kind: 'suspend' }), [' key `minutes` is missing']);
});

test('where no form fits, only that is told', () => {
  const schema = { description: 'a duration or never', anyOf: [{ type: 'number' }, { const: 'never' }] };
  assert.deepEqual(messages(schema, 'soon'), [' `soon` has none of the allowed forms: a duration or never']);
});

test('a value that fits two forms is told so', () => {
  const schema = { oneOf: [{ type: 'number' }, { minimum: 3 }] };
  assert.deepEqual(messages(schema, 4), [' `4` fits more than one of the allowed forms']);
});

test('a choice that fails in one item drops no fault of another', () => {
  const form = { $ref: '#/$defs/dose' };
  const schema = {
    $defs: { dose: { type: 'object', required: ['units'] } },
    type: 'array',
    items: { anyOf: [form, { type: 'null' }] },
  };
  const doses = Array.from({ length: 11 }, (_, index) => (index === 1 ? 'x' : index === 10 ? {} : null));
  assert.deepEqual(messages(schema, doses), ['/1 `x` has none of the allowed forms', '/10 key `units` is missing']);
});

test('a condition is told by what it demands', () => {
  const schema = {
    type: 'object',
    if: { properties: { remote: { const: true } }, required: ['remote'] },
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    then: { required: ['confirmation'] },
  };
  assert.deepEqual(messages(schema, { remote: true }), [' key `confirmation` is missing']);
});

test('bounds of size, names of keys and keys where none may be are told in words', () => {
  const schema = {
    type: 'object',
    propertyNames: { pattern: '^[a-z]+$' },
    properties: {
      items: { type: 'array', minItems: 2, uniqueItems: true },
      name: { type: 'string', maxLength: 3 },
      rate: { type: ['number', 'null'], multipleOf: 0.5 },
      none: { type: 'object', additionalProperties: false },
    },
  };
  assert.deepEqual(messages(schema, { items: [1], name: 'basal', rate: 'x', none: { a: 1 }, UP: 1 }).toSorted(), [
    '/UP key `UP` is malformed; it has to be text that matches ^[a-z]+$',
    '/items `[1]` is too short; it needs at least 2 items',
    '/name `basal` is too long; it may have at most 3 characters',
    '/none/a unknown key `a`; no key is allowed here',
    '/rate `x` is text; it has to be a number or empty',
  ]);
});

function messages(schema: object, data: unknown): readonly string[] {
  const validate = new Ajv2020({ allErrors: true, verbose: true, allowUnionTypes: true, strict: false }).compile(
    schema,
  );
  assert.equal(validate(data), false);
  return schemaFaults(validate.errors ?? []).map(({ pointer, message }) => `${pointer} ${message}`);
}
