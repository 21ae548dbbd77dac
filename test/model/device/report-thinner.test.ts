import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { createReportThinner, SETTLED_PERIOD, STATE_PERIOD } from '#model/device/report-thinner';
import type { ThingValue } from '#model/thing/message';
import { createClosedLoop } from './closed-loop.ts';
import { MIDNIGHT } from './fake-ward.ts';

type Values = Readonly<Record<string, ThingValue>>;

function createTeller() {
  const thinner = createReportThinner({
    settled: new Set(['limit', 'profile']),
    states: new Set(['mode']),
    slow: new Set(['age']),
  });
  return (minute: number, values: Values): Values => {
    const at = MIDNIGHT + minute * MINUTE;
    const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at }));
    return Object.fromEntries(thinner.thin(measurements, at).map(({ name, value }) => [name, value]));
  };
}

test('all is told first, then what changed, twice, and all again every hour', () => {
  const tell = createTeller();
  const values = { rate: 1, limit: 25, profile: [1, 2], age: 100 };
  assert.deepEqual(tell(0, values), values);
  assert.deepEqual(tell(5, { ...values, profile: [1, 2], age: 105 }), { rate: 1, limit: 25, profile: [1, 2] });
  assert.deepEqual(tell(10, { ...values, age: 110 }), { rate: 1 });
  for (const minute of [15, 20]) assert.deepEqual(tell(minute, { ...values, limit: 10 }), { rate: 1, limit: 10 });
  assert.deepEqual(tell(25, { ...values, limit: 10 }), { rate: 1 });
  assert.deepEqual(tell(30, { ...values, limit: 10, profile: [1, 3] }), { rate: 1, profile: [1, 3] });
  const hour = SETTLED_PERIOD / MINUTE;
  assert.deepEqual(tell(hour, values), values);
  assert.deepEqual(tell(hour - 30, values), values, 'a clock that was set back');
});

test('a state is told when it changes, twice, and again within a quarter of an hour whoever destroyed those two reports', () => {
  const tell = createTeller();
  const period = STATE_PERIOD / MINUTE;
  tell(0, { rate: 1, mode: 'on' });
  assert.deepEqual(tell(1, { rate: 1, mode: 'on' }), { rate: 1, mode: 'on' });
  assert.deepEqual(tell(2, { rate: 1, mode: 'on' }), { rate: 1 });
  for (const minute of [3, 4]) assert.deepEqual(tell(minute, { rate: 1, mode: 'off' }), { rate: 1, mode: 'off' });
  assert.deepEqual(tell(period - 1, { rate: 1, mode: 'off' }), { rate: 1 });
  assert.deepEqual(tell(period, { rate: 1, mode: 'off' }), { rate: 1, mode: 'off' });
  assert.deepEqual(tell(2 * period - 1, { rate: 1, mode: 'off' }), { rate: 1 });
});

test('a setting that changes is in the report that follows the change', () => {
  const loop = createClosedLoop();
  loop.ward.runFor(30);
  loop.handset.changeSettings({ maxBolus: 10, carbRatio: 5 });
  loop.ward.runFor(1);
  const told = loop.uplink().flatMap(({ content }) => (content.kind === 'Report' ? content.measurements : []));
  const valuesOf = (wanted: string) => new Set(told.filter(({ name }) => name === wanted).map(({ value }) => value));
  assert.deepEqual([...valuesOf('maxBolus')], [25, 10]);
  assert.deepEqual([...valuesOf('carbRatio')], [10, 5]);
});
