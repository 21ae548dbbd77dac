import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ThingValue } from '#model/thing/message';
import { type ActionAffordance, type ValueSchema, violationOf, violationsOfInput } from '#model/thing/thing-model';

type Row = readonly [Omit<ValueSchema, 'name'>, ThingValue, 'type' | 'bounds' | undefined];

const MOST = Number.MAX_SAFE_INTEGER;
const ROWS: readonly Row[] = [
  [{ type: 'boolean' }, true, undefined],
  [{ type: 'boolean' }, false, undefined],
  [{ type: 'boolean' }, 'true', 'type'],
  [{ type: 'boolean' }, 1, 'type'],
  [{ type: 'boolean' }, [1], 'type'],
  [{ type: 'string' }, '', undefined],
  [{ type: 'string' }, 'x'.repeat(10_000), undefined],
  [{ type: 'string' }, 1, 'type'],
  [{ type: 'string' }, true, 'type'],
  [{ type: 'string' }, [1], 'type'],
  [{ type: 'string', maxLength: 2 }, 'ab', undefined],
  [{ type: 'string', maxLength: 2 }, 'abc', 'bounds'],
  [{ type: 'string', maxLength: 0 }, 'a', 'bounds'],
  [{ type: 'string', enum: ['on', 'off'] }, 'off', undefined],
  [{ type: 'string', enum: ['on', 'off'] }, 'of', 'bounds'],
  [{ type: 'number' }, 1e300, undefined],
  [{ type: 'number' }, -1e300, undefined],
  [{ type: 'number' }, Number.NaN, 'type'],
  [{ type: 'number' }, Number.NEGATIVE_INFINITY, 'type'],
  [{ type: 'number' }, '1', 'type'],
  [{ type: 'number' }, true, 'type'],
  [{ type: 'number' }, [1], 'type'],
  [{ type: 'number', minimum: 0 }, 0, undefined],
  [{ type: 'number', minimum: 0 }, -0.001, 'bounds'],
  [{ type: 'number', minimum: 0 }, 1e9, undefined],
  [{ type: 'number', maximum: 0 }, 0, undefined],
  [{ type: 'number', maximum: 0 }, 0.001, 'bounds'],
  [{ type: 'number', maximum: 0 }, -1e9, undefined],
  [{ type: 'number', enum: [1, 2] }, 2, undefined],
  [{ type: 'number', enum: [1, 2] }, 1.5, 'bounds'],
  [{ type: 'integer' }, MOST, undefined],
  [{ type: 'integer' }, MOST + 1, 'type'],
  [{ type: 'integer' }, 0.5, 'type'],
  [{ type: 'integer' }, '1', 'type'],
  [{ type: 'integer', minimum: 1, maximum: 2 }, 0, 'bounds'],
  [{ type: 'integer', minimum: 1, maximum: 2 }, 3, 'bounds'],
  [{ type: 'number-array' }, [], undefined],
  [{ type: 'number-array' }, [1, 2.5], undefined],
  [{ type: 'number-array' }, [1, Number.NaN], 'type'],
  [{ type: 'number-array' }, 1, 'type'],
  [{ type: 'number-array' }, '12', 'type'],
  [{ type: 'number-array' }, true, 'type'],
  [{ type: 'number-array', maxLength: 2 }, [1, 2], undefined],
  [{ type: 'number-array', maxLength: 2 }, [1, 2, 3], 'bounds'],
  [{ type: 'number-array', minimum: 0, maximum: 1 }, [0, 1], undefined],
  [{ type: 'number-array', minimum: 0, maximum: 1 }, [0, 1.001], 'bounds'],
  [{ type: 'number-array', minimum: 0, maximum: 1 }, [-0.001, 0], 'bounds'],
];

test('a value is of its type and just within its bounds, or it is said which of the two it breaks', () => {
  for (const [schema, value, expected] of ROWS) {
    const what = `${JSON.stringify(schema)} of ${JSON.stringify(value)?.slice(0, 40)}`;
    assert.equal(violationOf({ name: 'value', ...schema }, value), expected, what);
  }
});

test('an action takes what it requires, what is optional if it is there, and nothing that every object has', () => {
  const action: ActionAffordance = {
    name: 'act',
    input: new Map<string, ValueSchema>([
      ['units', { name: 'units', type: 'number', minimum: 0 }],
      ['note', { name: 'note', type: 'string', maxLength: 3 }],
      ['toString', { name: 'toString', type: 'string' }],
    ]),
    optional: new Set(['note', 'toString']),
  };
  assert.deepEqual(violationsOfInput(action, { units: 0 }), []);
  assert.deepEqual(violationsOfInput(action, { units: 1, note: 'abc' }), []);
  assert.deepEqual(violationsOfInput(action, { units: '1', note: 'abcd', more: 1 }), [
    { field: 'more', violation: 'unknown' },
    { field: 'units', violation: 'type' },
    { field: 'note', violation: 'bounds' },
  ]);
  assert.deepEqual(violationsOfInput(action, {}), [{ field: 'units', violation: 'missing' }]);
});
