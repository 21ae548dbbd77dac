import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import { readVectors } from '../../vectors/read-vectors.ts';
import { type DayOptions, playDay, REFERENCE_MEALS } from './basal-bolus-day.ts';

const findPatient = loadPatients(catalogRoot);
const stepMin = 0.5;
const mealDay = { stepMin, durationMin: 1440, meals: REFERENCE_MEALS } as const;

/** The hijacks of the reference set, on the bare plant. The suspension lasts 8 h from minute 60; the run ends an hour later. */
const HIJACKS: Readonly<Record<string, DayOptions>> = {
  bolus_2U_t60_fasting_12h: { stepMin, durationMin: 720, extraBolus: { minute: 60, units: 2 } },
  bolus_5U_t60_fasting_12h: { stepMin, durationMin: 720, extraBolus: { minute: 60, units: 5 } },
  bolus_10U_t60_fasting_12h: { stepMin, durationMin: 720, extraBolus: { minute: 60, units: 10 } },
  bolus_25U_t60_fasting_12h: { stepMin, durationMin: 720, extraBolus: { minute: 60, units: 25 } },
  suspend_t60_8h: { stepMin, durationMin: 600, basalFactor: (minute) => (minute >= 60 && minute < 540 ? 0 : 1) },
  basal_x2_24h: { stepMin, durationMin: 1440, basalFactor: () => 2 },
  bolus_doubled_3meals_24h: { ...mealDay, bolusFactor: 2 },
  bolus_blocked_3meals_24h: { ...mealDay, bolusFactor: 0 },
};

interface Effect {
  readonly lowest: number;
  readonly highest: number;
  readonly end: number;
  readonly firstBelow70: number;
  readonly firstBelow54: number;
  readonly firstBelow40: number;
  readonly firstAbove250: number;
  readonly below70Percent: number;
  readonly below54Percent: number;
  readonly above180Percent: number;
}

function effectOf(glucose: readonly number[]): Effect {
  const percent = (holds: (value: number) => boolean): number => (100 * glucose.filter(holds).length) / glucose.length;
  return {
    lowest: Math.min(...glucose),
    highest: Math.max(...glucose),
    end: glucose.at(-1)!,
    firstBelow70: glucose.findIndex((value) => value < 70),
    firstBelow54: glucose.findIndex((value) => value < 54),
    firstBelow40: glucose.findIndex((value) => value < 40),
    firstAbove250: glucose.findIndex((value) => value > 250),
    below70Percent: percent((value) => value < 70),
    below54Percent: percent((value) => value < 54),
    above180Percent: percent((value) => value > 180),
  };
}

function assertEffect(name: string, actual: Effect, expected: Effect): void {
  for (const key of Object.keys(expected) as (keyof Effect)[]) {
    assert.ok(
      Math.abs(actual[key] - expected[key]) <= 0.002,
      `${name}: ${key} is ${actual[key]}, not ${expected[key]}`,
    );
  }
}

test('a hijacked pump does to three adults what the reference software computes', () => {
  const rows = readVectors('hijacked-delivery.csv');
  assert.equal(rows.length, 24);
  for (const row of rows) {
    const [scenario, id] = row;
    const field = (column: number): number => Number(row[column]);
    assertEffect(`${scenario} on ${id}`, effectOf(playDay(findPatient(id!), HIJACKS[scenario!]!)), {
      lowest: field(3),
      highest: field(5),
      end: field(7),
      firstBelow70: field(8),
      firstBelow54: field(9),
      firstBelow40: field(10),
      firstAbove250: field(11),
      below70Percent: field(12),
      below54Percent: field(13),
      above180Percent: field(14),
    });
  }
});

/**
 * The same hijacks on all ten adults, as computed with the reference software and rounded: mean lowest (or highest) glucose,
 * its range, how many of ten fall below 70 and 54 mg/dL, how many rise above 250.
 */
const COHORT: readonly {
  readonly hijack: string;
  readonly mean: number;
  readonly range?: readonly [number, number];
  readonly below70?: number;
  readonly below54?: number;
  readonly above250?: number;
}[] = [
  { hijack: 'bolus_2U_t60_fasting_12h', mean: 110, range: [74, 130], below70: 0, below54: 0 },
  { hijack: 'bolus_5U_t60_fasting_12h', mean: 80, range: [38, 108], below70: 4, below54: 2 },
  { hijack: 'bolus_10U_t60_fasting_12h', mean: 50, range: [20, 75], below70: 6, below54: 5 },
  { hijack: 'bolus_25U_t60_fasting_12h', mean: 10.7, range: [0, 42], below70: 10, below54: 10 },
  { hijack: 'suspend_t60_8h', mean: 381, above250: 7 },
  { hijack: 'basal_x2_24h', mean: 49, range: [23, 87], below70: 8, below54: 6 },
  { hijack: 'bolus_doubled_3meals_24h', mean: 38, range: [18, 54], below70: 10, below54: 9 },
  { hijack: 'bolus_blocked_3meals_24h', mean: 348, above250: 10 },
];

for (const { hijack, mean, range, below70, below54, above250 } of COHORT) {
  test(`on ten adults the hijack does what the reference software computes: ${hijack}`, () => {
    const effects = Array.from({ length: 10 }, (_, index) => {
      const id = `adult#${String(index + 1).padStart(3, '0')}`;
      return effectOf(playDay(findPatient(id), HIJACKS[hijack]!));
    });
    const extremes = effects.map(({ lowest, highest }) => (above250 === undefined ? lowest : highest));
    const count = (holds: (effect: Effect) => boolean): number => effects.filter(holds).length;
    const average = extremes.reduce((sum, value) => sum + value, 0) / 10;
    assert.ok(Math.abs(average - mean) <= 0.55, `mean ${average}`);
    if (range !== undefined) {
      assert.ok(Math.abs(Math.min(...extremes) - range[0]) < 1, `least ${Math.min(...extremes)}`);
      assert.ok(Math.abs(Math.max(...extremes) - range[1]) < 1, `most ${Math.max(...extremes)}`);
    }
    if (below70 !== undefined)
      assert.equal(
        count(({ firstBelow70 }) => firstBelow70 >= 0),
        below70,
      );
    if (below54 !== undefined)
      assert.equal(
        count(({ firstBelow54 }) => firstBelow54 >= 0),
        below54,
      );
    if (above250 !== undefined)
      assert.equal(
        count(({ firstAbove250 }) => firstAbove250 >= 0),
        above250,
      );
  });
}
