import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import { type DayOptions, playDay, REFERENCE_MEALS } from './basal-bolus-day.ts';
import { needsReferenceData, readReferenceRows } from './reference-data.ts';

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

test('a hijacked pump does to adult#003 what the reference software computes (transcribed rows)', () => {
  const patient = findPatient('adult#003');
  const bolus = effectOf(playDay(patient, HIJACKS['bolus_10U_t60_fasting_12h']!));
  assertEffect('bolus of 10 U', bolus, {
    lowest: 24.2536,
    highest: 147.1,
    end: 125.7037,
    firstBelow70: 165,
    firstBelow54: 186,
    firstBelow40: 212,
    firstAbove250: -1,
    below70Percent: 43.6893,
    below54Percent: 34.1193,
    above180Percent: 0,
  });
  const blocked = effectOf(playDay(patient, HIJACKS['bolus_blocked_3meals_24h']!));
  assertEffect('meal boluses blocked', blocked, {
    lowest: 147.1,
    highest: 343.6512,
    end: 286.7754,
    firstBelow70: -1,
    firstBelow54: -1,
    firstBelow40: -1,
    firstAbove250: 751,
    below70Percent: 0,
    below54Percent: 0,
    above180Percent: 67.8695,
  });
});

test('every row of the attack-effects reference is reproduced', needsReferenceData, () => {
  const rows = readReferenceRows('attack-effects.csv');
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
