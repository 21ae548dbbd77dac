import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadThingModels } from '#edge/catalog/laboratory';
import { type Delivery, deliveryOf } from '#model/thing/delivery';
import type { ThingValue } from '#model/thing/message';
import type { ActionAffordance, ValueSchema } from '#model/thing/thing-model';

/** An action whose amount is the first of these fields, each with its unit. */
function action(fields: Readonly<Record<string, string>>, change: Partial<ActionAffordance> = {}): ActionAffordance {
  const input = new Map<string, ValueSchema>();
  for (const [name, unit] of Object.entries(fields)) input.set(name, { name, type: 'number', unit });
  return { name: 'act', input, optional: new Set(), does: 'adds', amount: Object.keys(fields)[0]!, ...change };
}

test('what an amount is follows from its unit: at once, for a time, or without an end', () => {
  const cases: readonly (readonly [ActionAffordance, Readonly<Record<string, ThingValue>>, Delivery])[] = [
    [action({ units: '[iU]' }), { units: 2.5 }, { kind: 'dose', unit: '[iU]', quantity: 2.5 }],
    [action({ drops: 'mg' }), { drops: [1, 2] }, { kind: 'dose', unit: 'mg', quantity: 3 }],
    [
      action({ rate: '[iU]/h', durationMin: 'min' }),
      { rate: 3, durationMin: 90 },
      { kind: 'course', unit: '[iU]', quantity: 4.5, perHour: 3, durationMin: 90 },
    ],
    [
      action({ rate: 'mg/min', hours: 'h' }),
      { rate: 0.5, hours: 2 },
      { kind: 'course', unit: 'mg', quantity: 60, perHour: 30, durationMin: 120 },
    ],
    [
      action({ rate: 'mL/d', lasting: 's' }),
      { rate: 24, lasting: 1800 },
      { kind: 'course', unit: 'mL', quantity: 0.5, perHour: 1, durationMin: 30 },
    ],
    [action({ rate: 'mL/h' }), { rate: 2 }, { kind: 'endless', unit: 'mL', quantity: 48, perHour: 2 }],
    // which of two times it lasts for is not known: the worst is taken
    [
      action({ rate: 'mL/h', first: 'min', second: 'min' }),
      { rate: 2, first: 5, second: 5 },
      { kind: 'endless', unit: 'mL', quantity: 48, perHour: 2 },
    ],
    [action({ rates: '[iU]/h' }), { rates: [1, 3] }, { kind: 'endless', unit: '[iU]', quantity: 48, perHour: 3 }],
    [
      action({ rates: '[iU]/h', durationMin: 'min' }),
      { rates: [1, 3], durationMin: 60 },
      { kind: 'endless', unit: '[iU]', quantity: 48, perHour: 3 },
    ],
  ];
  for (const [affordance, input, expected] of cases) assert.deepEqual(deliveryOf(affordance, input), expected);
});

test('an action that states no amount delivers none that is known', () => {
  const { amount: _, ...without } = action({ units: '[iU]' });
  assert.equal(deliveryOf(without, { units: 3 }), undefined);
});

test('no_number_no_amount: what cannot be read is refused, never taken for nothing', () => {
  for (const units of [Number.NaN, Number.POSITIVE_INFINITY, 'much', true, [], [1, Number.NaN]])
    assert.throws(() => deliveryOf(action({ units: '[iU]' }), { units }), { code: 'command.malformed' });
  assert.throws(() => deliveryOf(action({ units: '[iU]' }), {}), { code: 'command.malformed' });
  const basal = action({ rate: '[iU]/h', durationMin: 'min' });
  assert.throws(() => deliveryOf(basal, { rate: 1, durationMin: Number.NaN }), { code: 'command.malformed' });
  assert.throws(() => deliveryOf(basal, { rate: 1 }), { code: 'command.malformed' });
});

test('every action of the delivered Thing Models says what it does', () => {
  const said = [...loadThingModels()].flatMap(([id, { actions }]) =>
    [...actions.values()].map(({ name, does, amount }) => `${id} ${name}: ${does} ${amount ?? ''}`.trim()),
  );
  assert.deepEqual(said.sort(), [
    'handset alert: none',
    'insulin-pump bolus: adds units',
    'insulin-pump fallBackToSafeBasal: contains',
    'insulin-pump resume: adds',
    'insulin-pump revokeLink: contains',
    'insulin-pump setBasalProfile: adds rates',
    'insulin-pump setTemporaryBasal: adds rate',
    'insulin-pump suspend: withholds',
  ]);
});
