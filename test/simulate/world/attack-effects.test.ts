import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MgPerDl, Minutes } from '#base/units';
import { readVectors } from '../../vectors/read-vectors.ts';
import { HIJACKS, hijackedDay } from './hijacked-day.ts';

/** -1 for never, as in the reference. */
interface Effect {
  readonly lowest: MgPerDl;
  readonly highest: MgPerDl;
  readonly firstBelow70: Minutes;
  readonly firstBelow54: Minutes;
  readonly firstBelow40: Minutes;
  readonly firstAbove250: Minutes;
}

function effectOf(glucose: readonly MgPerDl[]): Effect {
  return {
    lowest: Math.min(...glucose),
    highest: Math.max(...glucose),
    firstBelow70: glucose.findIndex((value) => value < 70),
    firstBelow54: glucose.findIndex((value) => value < 54),
    firstBelow40: glucose.findIndex((value) => value < 40),
    firstAbove250: glucose.findIndex((value) => value > 250),
  };
}

const FIRST = { firstBelow70: 70, firstBelow54: 54, firstBelow40: 40, firstAbove250: 250 } as const;
const TIME_TOLERANCE_MIN = 10;

/**
 * What a real pump and a real attack do otherwise than the reference's pulse into the plant. Fasting: insulin leaves in
 * pulses of 0.05 U, and the adversary first has to overhear the serial number. Meals: a bolus of 10 U takes 7 min at
 * 1.5 U/min where the reference's takes one, which the rise of a meal shows and its end hardly.
 */
const toleranceOf = (hijack: string): { readonly lowest: MgPerDl; readonly highest: MgPerDl } =>
  hijack.includes('meals') ? { lowest: 1.5, highest: 4 } : { lowest: 0.6, highest: 0.6 };

function assertEffect(hijack: string, patient: string, expected: Effect): void {
  const actual = effectOf(hijackedDay(patient, HIJACKS[hijack]!));
  const tolerance = toleranceOf(hijack);
  const where = `${hijack} on ${patient}`;
  for (const name of ['lowest', 'highest'] as const) {
    const off = Math.abs(actual[name] - expected[name]);
    assert.ok(off <= tolerance[name], `${where}: ${name} is ${actual[name]}, not ${expected[name]}`);
  }
  for (const [name, threshold] of Object.entries(FIRST) as [keyof typeof FIRST, number][]) {
    const extreme = name === 'firstAbove250' ? expected.highest : expected.lowest;
    const margin = name === 'firstAbove250' ? tolerance.highest : tolerance.lowest;
    // Whether a line is crossed at all cannot be told where the reference itself only just does or does not.
    if (Math.abs(extreme - threshold) <= margin) continue;
    const [is, was] = [actual[name], expected[name]];
    assert.equal(is < 0, was < 0, `${where}: ${name} is ${is}, not ${was}`);
    assert.ok(Math.abs(is - was) <= TIME_TOLERANCE_MIN, `${where}: ${name} is ${is}, not ${was}`);
  }
}

const rows = readVectors('hijacked-delivery.csv');

test('the reference has eight hijacks of three adults', () => assert.equal(rows.length, 24));

for (const [hijack, patient, ...values] of rows) {
  test(`an attack on the pump's radio does what the reference software computes: ${hijack} on ${patient}`, () => {
    const [, lowest, , highest, , , firstBelow70, firstBelow54, firstBelow40, firstAbove250] = values.map(Number);
    assertEffect(hijack!, patient!, {
      lowest: lowest!,
      highest: highest!,
      firstBelow70: firstBelow70!,
      firstBelow54: firstBelow54!,
      firstBelow40: firstBelow40!,
      firstAbove250: firstAbove250!,
    });
  });
}
