import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Minutes } from '#base/units';
import { renderJson } from '#edge/report/canonical-json';
import { type CellRun, type RunSet, toCellRun } from '#simulate/exercise/cell-run';
import { createExercise } from '#simulate/exercise/exercise';
import { type ExerciseDefinition, UNDEFENDED } from '#simulate/exercise/exercise-definition';
import type { RunOutcome } from '#simulate/exercise/run-outcome';
import type { Criterion, DefenceSet, DeviceDefences, PlatformDefences, Scenario } from '#simulate/exercise/scenario';
import { HORIZON_MIN, type MadeUp, outcome } from './made-up-outcome.ts';

const START_MIN: Minutes = 60;

const claim = (
  metric: Exclude<Criterion['metric'], 'detectedWithin'>,
  relation: Criterion['relation'],
  bound: number,
) => ({ metric, relation, bound }) satisfies Criterion;

/** One claim of each metric and relation; those of `some` are decided by four runs, those of `more` are not all. */
const SCENARIO: Scenario = {
  id: 'made-up',
  title: 'Made up',
  description: 'made up',
  standsFor: [{ text: 'a paper' }, { text: 'an advisory', cve: ['CVE-2019-10964', 'CVE-2018-14781'] }],
  ward: 'home',
  horizonMin: HORIZON_MIN,
  objective: 'hypoglycaemia',
  effect: 'therapy',
  harmAtLeast: 'minor',
  campaign: {
    positions: ['radio-range'],
    steps: [
      { id: 'a', technique: 'injected-bolus', start: { kind: 'at', minute: 60 } },
      { id: 'b', technique: 'reading-blocked', start: { kind: 'at', minute: 61 } },
      { id: 'c', technique: 'injected-bolus', start: { kind: 'at', minute: 62 } },
    ],
  },
  criteria: {
    some: [claim('prevented', 'at-most', 0.9), { ...claim('harmed', 'at-least', 0.1), text: 'somebody is harmed' }],
    more: [
      claim('prevented', 'at-least', 0.3),
      claim('harmed', 'at-most', 0.95),
      claim('detected', 'at-least', 0.555),
      claim('detectedBeforeHarm', 'at-least', 0.9),
      claim('contained', 'at-least', 0.5),
      claim('recovered', 'at-least', 0.5),
      claim('viewLost', 'at-most', 0.5),
      { metric: 'detectedWithin', withinMin: 12, relation: 'at-least', bound: 0.2 },
    ],
  },
};
const setOf = (id: string, device: Partial<DeviceDefences>, platform: Partial<PlatformDefences>): DefenceSet => ({
  id,
  title: id.toUpperCase(),
  description: id,
  device: { ...UNDEFENDED.device, ...device },
  platform: { ...UNDEFENDED.platform, ...platform },
});
const DEFENCE_SETS = [
  setOf('some', { antiReplay: true, linkAuthentication: true }, {}),
  setOf(
    'more',
    {
      hourlyInsulinLimit: true,
      confirmRemoteBolus: true,
      firmwareSignature: true,
      lowGlucoseSuspend: true,
      deviceSignedTelemetry: true,
    },
    { monitor: 'all', guard: 'standard', containment: true },
  ),
  setOf('few', {}, { monitor: ['silence', 'timing'] }),
];

/** What judging asks of a definition: nothing of it is run. */
const definition = {
  version: '0.0.0',
  seed: 7,
  suite: 'made-up',
  title: 'Made up',
  command: 'npx wardtwin validate made-up',
  scenarios: [SCENARIO],
  wards: { home: { startMinute: START_MIN } },
  defenceSets: DEFENCE_SETS,
  patients: ['adult#001', 'adult#002'],
  looks: [4, 6],
  errorShares: [0.5, 0.5],
  confidence: 0.9,
} as unknown as ExerciseDefinition;

/** A run with what the body and the platform of it say else. */
function made(run: MadeUp, body: Partial<RunOutcome['body']> = {}, platform: Partial<RunOutcome['platform']> = {}) {
  const plain = outcome(run);
  return { ...plain, body: { ...plain.body, ...body }, platform: { ...plain.platform, ...platform } };
}

/** 2 U more from minute 60 on, and what comes of it. */
const overdose = (minute: number): number => (minute === 60 ? 2.1 : 0.1);
const low = (minute: number): number => (minute < 100 ? 120 : minute < 160 ? 53.9 : 100);
const high = (minute: number): number => (minute >= 200 ? 250.1 : 120);
const ATTACK: MadeUp = { firstActMin: 60, therapy: [60, 60], delivered: overdose, glucose: low };

const QUIET: RunSet = {
  attacked: outcome({}),
  baseline: outcome({}),
  undefended: outcome({ ...ATTACK, firstHazardMin: 100 }),
  undefendedBaseline: outcome({}),
};

const RUNS: readonly RunSet[] = [
  // prevented
  { ...QUIET, attacked: outcome({ firstActMin: 60 }) },
  // harmed, detected in time, contained and recovered
  {
    ...QUIET,
    attacked: made(
      {
        ...ATTACK,
        severity: 'serious',
        findings: [{ atMin: 72 }, { atMin: 80.04, rule: 'divergence' }, { atMin: 95, rule: 'divergence' }],
        responses: [{ atMin: 73, touchesTherapy: true }],
      },
      { tbr54: 2.5, tbr70: 4.25, below40: true },
      { incidents: [{ atMin: 73.25, what: 'one-certain: radio-link' }] },
    ),
  },
  // harmed and detected too late, by another rule; the baseline has findings and costs of its own
  {
    undefended: outcome({ ...ATTACK, firstHazardMin: 90 }),
    undefendedBaseline: made({ delivered: () => 0.3 }, { tbr70: 1, tar180: 2 }),
    attacked: made(
      {
        ...ATTACK,
        therapy: [60, 235],
        glucose: high,
        severity: 'critical',
        findings: [{ atMin: 120, rule: 'silence' }],
      },
      { tbr54: 1.25, tar250: 17.4 },
    ),
    baseline: made(
      {
        delivered: (minute) => (minute < 60 ? 0.2 : minute < 120 ? 0.199 : 0.3),
        severity: 'minor',
        findings: [
          { atMin: 10, rule: 'timing' },
          { atMin: 20, rule: 'timing' },
          { atMin: 30, rule: 'clock-drift' },
        ],
      },
      { tbr54: 0.5, tbr70: 1.5, tar180: 3.25, tar250: 0.4, below40: true },
    ),
  },
  // not detected, the view lost
  { ...QUIET, attacked: made({ ...ATTACK, viewLostMin: 30 }, { tbr54: 2.4 }) },
  // as the second, later
  { ...QUIET, attacked: made({ ...ATTACK, severity: 'minor', findings: [{ atMin: 73 }] }, { tbr54: 0.4 }) },
  { ...QUIET, attacked: outcome({ firstActMin: 60, findings: [{ atMin: 60 }] }) },
];

const cellRun = (index: number): CellRun =>
  toCellRun(SCENARIO, definition.patients[index % 2]!, Math.floor(index / 2), START_MIN, RUNS[index]!);

/** All looks of the made-up exercise. */
function exercise() {
  const made = createExercise(definition);
  const looks: number[] = [];
  for (let chunks = made.nextLook(); chunks !== undefined; chunks = made.nextLook()) {
    for (const chunk of chunks) {
      const runs = chunk.runs.map((run) => {
        const index = 2 * run + definition.patients.indexOf(chunk.patient);
        return chunk.cells.map(() => cellRun(index));
      });
      made.absorb(chunk, { runs, patientDays: 1 });
    }
    looks.push(chunks.reduce((sum, { runs, cells }) => sum + runs.length * cells.length, 0));
    made.judge();
  }
  return { report: made.report(), looks };
}

test('the report of made-up runs is as reviewed, in every figure', (t) => {
  const path = fileURLToPath(new URL('./snapshots/made-up-exercise.txt', import.meta.url));
  t.assert.fileSnapshot(renderJson(exercise().report), path, { serializers: [(value: string) => value] });
});

test('four runs of three cells are made at the first look, two more of those still open at the second', () => {
  assert.deepEqual(exercise().looks, [12, 4]);
});

test('the costs of defences are those of the baseline against the undefended one, by the day', () => {
  const { therapyLost, days, falseFindings } = cellRun(2);
  assert.equal(days, HORIZON_MIN / 1_440);
  assert.deepEqual(falseFindings, [
    ['timing', 2],
    ['clock-drift', 1],
  ]);
  // 12 steps of 0.1 U, which is no change yet, and 12 of 0.101 U, which is one
  assert.ok(Math.abs(therapyLost.insulinPerDay - 6 * (1.2 + 1.212)) < 1e-9);
  assert.equal(therapyLost.minutesPerDay, 6 * 60);
  assert.deepEqual([therapyLost.addedTbr70, therapyLost.addedTar180], [0.5, 1.25]);
});
