import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeThingModel, type ThingModelFault } from '#model/thing/decode-thing-model';
import { isThingId, parseThingId } from '#model/thing/thing-id';
import { type ValueSchema, violationOf, violationsOfInput } from '#model/thing/thing-model';

const PUMP = {
  '@context': ['https://www.w3.org/2022/wot/td/v1.1', { ieee11073: 'urn:iso:std:iso:11073:10101:' }],
  '@type': 'tm:ThingModel',
  id: 'urn:wardtwin:insulin-pump',
  title: 'Insulin pump',
  version: { model: '1.0.0' },
  properties: {
    insulinRate: {
      type: 'number',
      unit: '[iU]/h',
      minimum: 0,
      maximum: 35,
      observable: true,
      readOnly: true,
      'ieee11073:code': 8417908,
    },
    state: { type: 'string', enum: ['running', 'suspended'] },
    profile: { type: 'array', items: { type: 'number', minimum: 0, maximum: 10 }, maxItems: 48, unit: '[iU]/h' },
  },
  actions: {
    bolus: {
      input: {
        type: 'object',
        properties: {
          units: { type: 'number', unit: '[iU]', minimum: 0, maximum: 25 },
          note: { type: 'string', maxLength: 8 },
        },
        required: ['units'],
      },
    },
    suspend: {},
  },
  events: {
    occlusion: {},
    battery: { data: { type: 'number', minimum: 0, maximum: 1 } },
    alarm: { data: { type: 'object', properties: { code: { type: 'integer' } } } },
  },
};

function faultsOf(document: unknown): readonly ThingModelFault[] {
  try {
    decodeThingModel(document);
  } catch (error) {
    return (error as { data: { faults: readonly ThingModelFault[] } }).data.faults;
  }
  return [];
}

test('a Thing Model is decoded into what the platform uses of it', () => {
  const model = decodeThingModel(PUMP);
  assert.equal(model.id, 'urn:wardtwin:insulin-pump');
  assert.equal(model.version, '1.0.0');
  assert.deepEqual(model.properties.get('insulinRate'), {
    name: 'insulinRate',
    type: 'number',
    unit: '[iU]/h',
    minimum: 0,
    maximum: 35,
    observable: true,
    ieee11073Code: 8417908,
  });
  assert.deepEqual(model.properties.get('profile'), {
    name: 'profile',
    type: 'number-array',
    unit: '[iU]/h',
    minimum: 0,
    maximum: 10,
    maxLength: 48,
    observable: false,
  });
  assert.deepEqual([...model.actions.get('bolus')!.optional], ['note']);
  assert.equal(model.actions.get('suspend')?.input.size, 0);
  assert.deepEqual([...model.events.get('battery')!.data.keys()], ['value']);
  assert.deepEqual([...model.events.get('alarm')!.data.keys()], ['code']);
});

test('every fault is told, each with its place and what would be right', () => {
  const faults = faultsOf({
    ...PUMP,
    '@type': 'Thing',
    title: '',
    version: '1',
    properties: {
      'bad name': { type: 'number' },
      rate: { type: 'float', minimum: 'low', unit: 'two words' },
      range: { type: 'number', minimum: 2, maximum: 1 },
      list: { type: 'array', items: { type: 'string' } },
      choice: { type: 'string', enum: [1] },
      code: { type: 'number', 'ieee11073:code': -1, observable: 'yes' },
    },
    actions: { bolus: { input: { type: 'number', required: ['units'] } } },
    events: [],
  });
  assert.deepEqual(
    faults.map(({ path }) => path).sort(),
    [
      '/@type',
      '/actions/bolus/input/required',
      '/actions/bolus/input/type',
      '/events',
      '/properties/bad name',
      '/properties/choice/enum',
      '/properties/code/ieee11073:code',
      '/properties/code/observable',
      '/properties/list/items',
      '/properties/range/maximum',
      '/properties/rate/minimum',
      '/properties/rate/type',
      '/properties/rate/unit',
      '/title',
      '/version',
    ].sort(),
  );
  assert.ok(faults.every(({ expected }) => expected.length > 0));
  assert.equal(faultsOf('text').length, 1);
  assert.throws(() => decodeThingModel({}), { code: 'thing-model.malformed' });
});

const schema = (rest: Omit<ValueSchema, 'name'>): ValueSchema => ({ name: 'value', ...rest });

test('a value is of the type and within the bounds, both included', () => {
  const rate = schema({ type: 'number', minimum: 0, maximum: 35 });
  for (const value of [0, 17.5, 35]) assert.equal(violationOf(rate, value), undefined);
  for (const value of [-0.001, 35.001]) assert.equal(violationOf(rate, value), 'bounds');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, '1', true, [1]])
    assert.equal(violationOf(rate, value), 'type');
  assert.equal(violationOf(schema({ type: 'integer' }), 1.5), 'type');
  assert.equal(violationOf(schema({ type: 'integer', enum: [1, 2] }), 3), 'bounds');
  assert.equal(violationOf(schema({ type: 'string', maxLength: 2 }), 'abc'), 'bounds');
  assert.equal(violationOf(schema({ type: 'string', enum: ['on'] }), 'off'), 'bounds');
  assert.equal(violationOf(schema({ type: 'boolean' }), 1), 'type');
  const profile = schema({ type: 'number-array', minimum: 0, maxLength: 2 });
  assert.equal(violationOf(profile, [0, 1]), undefined);
  assert.equal(violationOf(profile, [0, 1, 2]), 'bounds');
  assert.equal(violationOf(profile, [0, -1]), 'bounds');
  assert.equal(violationOf(profile, [Number.NaN]), 'type');
});

test('the input of an action has every required field, no other, each within its bounds', () => {
  const bolus = decodeThingModel(PUMP).actions.get('bolus')!;
  assert.deepEqual(violationsOfInput(bolus, { units: 3 }), []);
  assert.deepEqual(violationsOfInput(bolus, { units: 3, note: 'lunch' }), []);
  assert.deepEqual(violationsOfInput(bolus, { units: 26, speed: 1 }), [
    { field: 'speed', violation: 'unknown' },
    { field: 'units', violation: 'bounds' },
  ]);
  assert.deepEqual(violationsOfInput(bolus, {}), [{ field: 'units', violation: 'missing' }]);
});

test('a thing id is 1 to 64 of a-z, 0-9 and "-"', () => {
  for (const id of ['a', 'pump-3', '0', 'x'.repeat(64)]) assert.equal(parseThingId(id), id);
  for (const id of ['', 'Pump', 'a b', 'a/b', 'x'.repeat(65), 'p\u00fcmp', 7, undefined, 'a\n']) {
    assert.ok(!isThingId(id));
    assert.throws(() => parseThingId(id), {
      code: 'thing-id.malformed',
      message: `thing id: \`${String(id)}\` is not 1 to 64 of a-z, 0-9 and "-"`,
      data: { value: id },
    });
  }
});
