import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '#base/random';
import { createInsulinSensitivity } from '#simulate/world/person/insulin-sensitivity';

const minutes = (days: number): readonly number[] => Array.from({ length: days * 1440 }, (_, minute) => minute);

test('it is a function of the minute: any order, any length, the same values', () => {
  const forwards = createInsulinSensitivity(createRandom('s'));
  const backwards = createInsulinSensitivity(createRandom('s'));
  const expected = minutes(4).map(forwards);
  for (const minute of minutes(4).toReversed()) assert.equal(backwards(minute), expected[minute]);
});

test('it is 1 on average over persons and days, and stays within half and double', () => {
  let sum = 0;
  for (let person = 0; person < 40; person += 1) {
    const sensitivityAt = createInsulinSensitivity(createRandom(person));
    for (let minute = 0; minute < 20 * 1440; minute += 60) {
      const value = sensitivityAt(minute);
      assert.ok(value > 0.5 && value < 2);
      sum += value;
    }
  }
  assert.ok(Math.abs(sum / (40 * 20 * 24) - 1) < 0.02, `${sum / (40 * 20 * 24)}`);
});

test('from one day to the next it varies by the stated coefficient', () => {
  const sensitivityAt = createInsulinSensitivity(createRandom('days'), [], { dayToDay: 0.1, dawnDepth: 0 });
  const noons = Array.from({ length: 800 }, (_, day) => sensitivityAt(day * 1440 + 720));
  const mean = noons.reduce((sum, value) => sum + value, 0) / noons.length;
  const deviation = Math.sqrt(noons.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noons.length);
  assert.ok(Math.abs(deviation / mean - 0.1) < 0.015, `${deviation / mean}`);
});

test('it never jumps', () => {
  const activities = [{ startMin: 1000, endMin: 1045, sensitivity: 1.5 }];
  const sensitivityAt = createInsulinSensitivity(createRandom('smooth'), activities);
  for (const minute of minutes(5)) assert.ok(Math.abs(sensitivityAt(minute + 1) - sensitivityAt(minute)) < 0.05);
});

test('it is lowest towards breakfast', () => {
  const sensitivityAt = createInsulinSensitivity(createRandom('dawn'), [], { dayToDay: 0, dawnDepth: 0.3 });
  const lowest = minutes(1).reduce((best, minute) => (sensitivityAt(minute) < sensitivityAt(best) ? minute : best), 0);
  assert.ok(Math.abs(lowest - 390) < 2, `${lowest}`);
});

test('activity raises it, the effect wears off, and nothing precedes its cause', () => {
  const activities = [{ startMin: 1000, endMin: 1045, sensitivity: 1.5 }];
  const rested = createInsulinSensitivity(createRandom('a'));
  const active = createInsulinSensitivity(createRandom('a'), activities);
  const effect = (minute: number): number => active(minute) / rested(minute);
  assert.equal(effect(1000), 1);
  assert.ok(Math.abs(effect(1030) - 1.5) < 1e-9);
  assert.ok(effect(1165) > 1.15 && effect(1165) < 1.25);
  assert.ok(effect(1045 + 700) < 1.002);
  assert.equal(effect(500), 1);
});
