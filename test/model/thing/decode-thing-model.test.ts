import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeThingModel, type ThingModelFault } from '#model/thing/decode-thing-model';
import type { ThingModel } from '#model/thing/thing-model';

const CONTEXT = 'https://www.w3.org/2022/wot/td/v1.1';
const GOOD = {
  '@context': CONTEXT,
  '@type': 'tm:ThingModel',
  id: 'urn:wardtwin:thing',
  title: 'Thing',
  version: { model: '1.0.0' },
};

type Json = Readonly<Record<string, unknown>>;

const property = (schema: Json): Json => ({ ...GOOD, properties: { value: schema } });
const action = (input: unknown): Json => ({ ...GOOD, actions: { act: { input } } });
const event = (data: unknown): Json => ({ ...GOOD, events: { happened: { data } } });
const modelOf = (document: unknown): ThingModel => decodeThingModel(document);

function faultsOf(document: unknown): readonly ThingModelFault[] {
  try {
    decodeThingModel(document);
    return [];
  } catch (error) {
    return (error as { data: { faults: readonly ThingModelFault[] } }).data.faults;
  }
}

const TYPE = 'number, integer, string, boolean or array';
const NAME = 'a name of 1 to 64 letters, digits, "_" and "-" that begins with a letter';
const COUNT = 'a whole number from 0';

/** A document, and the only fault in it. */
const FAULTS: readonly (readonly [unknown, string, unknown, string])[] = [
  ['text', '', 'text', 'an object'],
  [null, '', null, 'an object'],
  [[GOOD], '', [GOOD], 'an object'],
  [{ ...GOOD, '@context': 'x' }, '/@context', 'x', CONTEXT],
  [{ ...GOOD, '@context': ['x'] }, '/@context', ['x'], CONTEXT],
  [{ ...GOOD, '@type': 'Thing' }, '/@type', 'Thing', 'tm:ThingModel'],
  [{ ...GOOD, id: '' }, '/id', '', 'a text that is not empty'],
  [{ ...GOOD, id: 7 }, '/id', 7, 'a text that is not empty'],
  [{ ...GOOD, title: undefined }, '/title', undefined, 'a text that is not empty'],
  [{ ...GOOD, version: '1' }, '/version', '1', 'an object with the member `model`'],
  [{ ...GOOD, version: {} }, '/version/model', undefined, 'a text that is not empty'],
  [{ ...GOOD, properties: [] }, '/properties', [], 'an object'],
  [{ ...GOOD, properties: null }, '/properties', null, 'an object'],
  [{ ...GOOD, actions: 'a' }, '/actions', 'a', 'an object'],
  [{ ...GOOD, events: 1 }, '/events', 1, 'an object'],
  [{ ...GOOD, properties: { value: 'number' } }, '/properties/value', 'number', 'an object'],
  [{ ...GOOD, properties: { value: null } }, '/properties/value', null, 'an object'],
  [{ ...GOOD, properties: { '1a': {} } }, '/properties/1a', '1a', NAME],
  [{ ...GOOD, properties: { 'a b': {} } }, '/properties/a b', 'a b', NAME],
  [{ ...GOOD, properties: { ['a'.repeat(65)]: {} } }, `/properties/${'a'.repeat(65)}`, 'a'.repeat(65), NAME],
  [property({}), '/properties/value/type', undefined, TYPE],
  [property({ type: 'float' }), '/properties/value/type', 'float', TYPE],
  [property({ type: 'array' }), '/properties/value/items', undefined, 'a schema of type number'],
  [
    property({ type: 'array', items: { type: 'string' } }),
    '/properties/value/items',
    { type: 'string' },
    'a schema of type number',
  ],
  [property({ type: 'number', unit: 'two words' }), '/properties/value/unit', 'two words', 'a UCUM code'],
  [property({ type: 'number', unit: '' }), '/properties/value/unit', '', 'a UCUM code'],
  [property({ type: 'number', unit: 7 }), '/properties/value/unit', 7, 'a UCUM code'],
  [property({ type: 'number', minimum: '0' }), '/properties/value/minimum', '0', 'a number'],
  [property({ type: 'number', minimum: Number.NaN }), '/properties/value/minimum', Number.NaN, 'a number'],
  [property({ type: 'number', maximum: Infinity }), '/properties/value/maximum', Infinity, 'a number'],
  [property({ type: 'number', minimum: 2, maximum: 1 }), '/properties/value/maximum', 1, 'at least the minimum 2'],
  [
    property({ type: 'array', items: { type: 'number', minimum: 2, maximum: 1 } }),
    '/properties/value/items/maximum',
    1,
    'at least the minimum 2',
  ],
  [
    property({ type: 'array', items: { type: 'number', minimum: 'a' } }),
    '/properties/value/items/minimum',
    'a',
    'a number',
  ],
  [property({ type: 'array', items: { type: 'number' }, maxItems: -1 }), '/properties/value/maxItems', -1, COUNT],
  [property({ type: 'string', maxLength: 0.5 }), '/properties/value/maxLength', 0.5, COUNT],
  [property({ type: 'string', enum: [] }), '/properties/value/enum', [], 'a list of values of type string'],
  [property({ type: 'string', enum: 'a' }), '/properties/value/enum', 'a', 'a list of values of type string'],
  [property({ type: 'string', enum: ['a', 1] }), '/properties/value/enum', ['a', 1], 'a list of values of type string'],
  [property({ type: 'number', enum: [1, 'a'] }), '/properties/value/enum', [1, 'a'], 'a list of values of type number'],
  [
    property({ type: 'number', enum: [1, Number.NaN] }),
    '/properties/value/enum',
    [1, Number.NaN],
    'a list of values of type number',
  ],
  [property({ type: 'boolean', enum: [1] }), '/properties/value/enum', [1], 'a list of values of type boolean'],
  [property({ type: 'number', observable: 1 }), '/properties/value/observable', 1, 'true or false'],
  [property({ type: 'number', 'ieee11073:code': -1 }), '/properties/value/ieee11073:code', -1, 'a nomenclature code'],
  [action('text'), '/actions/act/input', 'text', 'an object'],
  [action({ type: 'number' }), '/actions/act/input/type', 'number', 'object'],
  [action({ type: 'object', properties: [] }), '/actions/act/input/properties', [], 'an object'],
  [
    action({ type: 'object', properties: { a: { type: 'float' } } }),
    '/actions/act/input/properties/a/type',
    'float',
    TYPE,
  ],
  [action({ type: 'object', required: 'a' }), '/actions/act/input/required', 'a', 'a list of field names'],
  [action({ type: 'object', required: [1] }), '/actions/act/input/required', [1], 'a list of field names'],
  [
    action({ type: 'object', properties: { a: { type: 'number' } }, required: ['a', 1] }),
    '/actions/act/input/required',
    ['a', 1],
    'a list of field names',
  ],
  [action({ type: 'object', required: ['a'] }), '/actions/act/input/required', 'a', 'a field of the input'],
  [event('text'), '/events/happened/data', 'text', 'an object'],
  [event({ type: 'float' }), '/events/happened/data/type', 'float', TYPE],
  [event({ type: 'object', properties: [] }), '/events/happened/data/properties', [], 'an object'],
];

test('each fault is told with its place, what is there, and what would be right', () => {
  assert.deepEqual(faultsOf(GOOD), []);
  for (const [document, path, value, expected] of FAULTS) {
    assert.deepEqual(faultsOf(document), [{ path, value, expected }], `${path} ${JSON.stringify(value)}`);
  }
});

test('the message names the first fault and how many more there are', () => {
  for (const [document, message] of [
    ['text', 'thing model: `text` at / is not an object'],
    [{ ...GOOD, id: '' }, 'thing model: `` at /id is not a text that is not empty'],
    [{ ...GOOD, id: 7, title: 7 }, 'thing model: `7` at /id is not a text that is not empty and 1 more'],
    [{ ...GOOD, id: 7, title: 7, version: 7 }, 'thing model: `7` at /id is not a text that is not empty and 2 more'],
  ] as const) {
    assert.throws(() => decodeThingModel(document), { code: 'thing-model.malformed', message });
  }
});

test('a property, an action and an event are read with all that is said of them, and no more', () => {
  const { properties, actions, events } = modelOf({
    ...GOOD,
    '@context': [{ other: 'x' }, CONTEXT],
    '@type': ['Thing', 'tm:ThingModel'],
    properties: {
      bare: { type: 'boolean' },
      [`a${'-_9'.repeat(21)}`]: {
        type: 'integer',
        minimum: 0,
        maximum: 0,
        unit: '!~',
        observable: true,
        'ieee11073:code': 0,
      },
      text: { type: 'string', enum: ['a', 'b'], maxLength: 0 },
      list: { type: 'array', items: { type: 'integer', maximum: 1, enum: [0, 1] }, maxItems: 3, unit: 'h' },
    },
    actions: {
      bare: {},
      empty: { input: { type: 'object' } },
      full: {
        input: {
          type: 'object',
          properties: { a: { type: 'number', minimum: 1 }, b: { type: 'string' } },
          required: ['a'],
        },
      },
    },
    events: {
      bare: {},
      single: { data: { type: 'integer', minimum: 1 } },
      full: { data: { type: 'object', properties: { a: { type: 'number' }, b: { type: 'boolean' } } } },
    },
  });
  const long = `a${'-_9'.repeat(21)}`;
  assert.deepEqual(
    [...properties.values()],
    [
      { name: 'bare', type: 'boolean', observable: false },
      { name: long, type: 'integer', unit: '!~', minimum: 0, maximum: 0, observable: true, ieee11073Code: 0 },
      { name: 'text', type: 'string', enum: ['a', 'b'], maxLength: 0, observable: false },
      { name: 'list', type: 'number-array', unit: 'h', maximum: 1, enum: [0, 1], maxLength: 3, observable: false },
    ],
  );
  assert.deepEqual([...properties.keys()], ['bare', long, 'text', 'list']);
  const a = { name: 'a', type: 'number', minimum: 1 };
  const b = { name: 'b', type: 'string' };
  assert.partialDeepStrictEqual(
    [...actions.values()],
    [
      { name: 'bare', input: new Map(), optional: new Set() },
      { name: 'empty', input: new Map(), optional: new Set() },
      {
        name: 'full',
        input: new Map([
          ['a', a],
          ['b', b],
        ]),
        optional: new Set(['b']),
      },
    ],
  );
  assert.deepEqual([...actions.get('full')!.optional], ['b']);
  assert.deepEqual(
    [...events.values()],
    [
      { name: 'bare', data: new Map() },
      { name: 'single', data: new Map([['value', { name: 'value', type: 'integer', minimum: 1 }]]) },
      {
        name: 'full',
        data: new Map([
          ['a', { name: 'a', type: 'number' }],
          ['b', { name: 'b', type: 'boolean' }],
        ]),
      },
    ],
  );
  const { id, title, version } = modelOf(GOOD);
  assert.deepEqual([id, title, version], ['urn:wardtwin:thing', 'Thing', '1.0.0']);
});
