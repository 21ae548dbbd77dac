import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineExercise } from '#edge/exercise/define-exercise';
import { renderJson } from '#edge/report/canonical-json';
import { createExercise, type Exercise } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { ExerciseReport, ScenarioResult } from '#simulate/exercise/exercise-report';
import { type ChunkRunner, createChunkRunner } from '#simulate/exercise/run-chunk';
import type { Criterion, Scenario } from '#simulate/exercise/scenario';
import { commissionFor, laboratory } from './laboratory-bench.ts';

/** A forged bolus after an hour, in three hours of the closed loop; and one that is jammed away. */
function short(id: string, technique: string, criteria: Scenario['criteria']): Scenario {
  const model = laboratory.scenarios.get('injected-bolus-at-night')!;
  return {
    ...model,
    id,
    horizonMin: 180,
    wardOverrides: { startMinute: 1_320 },
    campaign: {
      positions: ['radio-range'],
      steps: [{ id: 'only', technique, start: { kind: 'at', minute: 1_380 } }],
    },
    criteria,
  };
}

const atLeast = (metric: 'prevented' | 'harmed' | 'detected', bound: number): Criterion => ({
  metric,
  relation: 'at-least',
  bound,
});

const BOLUS = short('bolus', 'injected-bolus', {
  none: [atLeast('prevented', 0.9)],
  'link-authentication': [atLeast('prevented', 0.2)],
});
const BLOCKED = short('blocked', 'command-blocked', { none: [atLeast('detected', 0.99)] });

const base = defineExercise(laboratory, { what: 'injected-bolus-at-night', seed: 7 });

function define(
  change: Partial<ExerciseDefinition> & { readonly scenarios?: readonly Scenario[] },
): ExerciseDefinition {
  const wards = Object.fromEntries(Object.entries(base.wards));
  // The shares of the main suite belong to its own looks.
  const { errorShares: _, ...rest } = base;
  return {
    ...rest,
    patients: ['adult#001', 'adult#002'],
    defenceSets: ['none', 'link-authentication'].map((id) => laboratory.defenceSets.get(id)!),
    looks: [4],
    ...change,
    scenarios: (change.scenarios ?? [BOLUS, BLOCKED]).map((scenario) => ({
      ...scenario,
      ward: base.scenarios[0]!.ward,
    })),
    wards,
  };
}

const home = laboratory.wards.get('closed-loop-home')!;
const models = new Map(
  ['adult#001', 'adult#002', 'adult#003'].map((patient) => [`${home.id}/${patient}`, commissionFor(home, patient)]),
);

const runnerOf = (definition: ExerciseDefinition): ChunkRunner =>
  createChunkRunner(definition, laboratory.patientOf, models);

/** As the edge runs it: one run of one patient at a time; at most `most` of them. */
function exerciseOf(definition: ExerciseDefinition, most = Number.POSITIVE_INFINITY): Exercise {
  const exercise = createExercise(definition);
  const runner = runnerOf(definition);
  let made = 0;
  for (let chunks = exercise.nextLook(); chunks !== undefined; chunks = exercise.nextLook()) {
    const parts = chunks.flatMap((chunk) => chunk.runs.map((run) => ({ ...chunk, runs: [run] })));
    const before = made;
    for (const part of parts) {
      if (made === most) break;
      exercise.absorb(part, runner.run(part));
      made += 1;
    }
    if (made > before) exercise.judge();
    if (made - before < parts.length) break;
  }
  return exercise;
}

const whole = define({});
const wholeReport = exerciseOf(whole).report();
const resultIn = (report: ExerciseReport, id: string, defences: string): ScenarioResult => {
  const result = report.scenarios.find((entry) => entry.id === id && entry.defences === defences);
  assert.ok(result !== undefined, `${id} with ${defences}`);
  return result;
};

test('the same definition gives the same bytes', () => {
  assert.equal(renderJson(exerciseOf(whole).report()), renderJson(wholeReport));
});

test('the order in which the chunks were made changes nothing: their place decides', () => {
  const exercise = createExercise(whole);
  const chunks = exercise.nextLook()!;
  // From last to first, each on a thread of its own that has made nothing before.
  const results = chunks
    .toReversed()
    .map((chunk) => runnerOf(whole).run(chunk))
    .toReversed();
  for (const [index, chunk] of chunks.entries()) exercise.absorb(chunk, results[index]!);
  exercise.judge();
  assert.equal(renderJson(exercise.report()), renderJson(wholeReport));
});

test('another defence set or scenario changes no figure of the cells that were there', () => {
  const all = laboratory.defenceSets.get('all')!;
  const more = define({
    defenceSets: [all, ...whole.defenceSets],
    scenarios: [short('jammed', 'radio-jamming', {}), BOLUS, BLOCKED],
  });
  const report = exerciseOf(more).report();
  for (const result of wholeReport.scenarios) {
    assert.deepEqual(resultIn(report, result.id, result.defences), result);
  }
  assert.equal(report.scenarios.length, 9);
});

test('verdicts are what the intervals say: violated, accepted, undecided, and nothing claimed is nothing accepted', () => {
  const violated = resultIn(wholeReport, 'bolus', 'none');
  assert.deepEqual([violated.verdict, violated.prevented.k, violated.prevented.n], ['violated', 0, 4]);
  const accepted = resultIn(wholeReport, 'bolus', 'link-authentication');
  assert.deepEqual([accepted.verdict, accepted.prevented.k], ['accepted', 4]);
  // Clopper and Pearson at 95 %: 4 of 4 is at least 0.3976.
  assert.ok(Math.abs(accepted.prevented.low - 0.3976) < 0.0001);
  assert.equal(resultIn(wholeReport, 'blocked', 'link-authentication').verdict, 'undecided');
  assert.deepEqual([wholeReport.verdict, wholeReport.complete], ['violated', true]);
});

test('four runs cannot confirm 90 %: undecided, not accepted', () => {
  const claim = { ...BOLUS, criteria: { 'link-authentication': [atLeast('prevented', 0.9)] } };
  const definition = define({ scenarios: [claim], defenceSets: [laboratory.defenceSets.get('link-authentication')!] });
  const report = exerciseOf(definition).report();
  assert.equal(resultIn(report, 'bolus', 'link-authentication').prevented.k, 4);
  assert.deepEqual([report.verdict, report.complete], ['undecided', true]);
});

test('a clear cell stops at the first look, an unclear one goes on to the last', () => {
  const definition = define({
    scenarios: [{ ...BOLUS, criteria: { ...BOLUS.criteria, none: [atLeast('harmed', 0.5)] } }],
    looks: [4, 6],
  });
  const report = exerciseOf(definition).report();
  const clear = resultIn(report, 'bolus', 'link-authentication');
  assert.deepEqual([clear.runs, clear.stoppedEarly, clear.verdict], [4, true, 'accepted']);
  const unclear = resultIn(report, 'bolus', 'none');
  assert.deepEqual([unclear.runs, unclear.stoppedEarly], [6, false]);
});

test('an interrupted exercise says so, holds the runs that were complete, and accepts nothing', () => {
  const harmless = { ...BOLUS, criteria: { 'link-authentication': [atLeast('prevented', 0.02)] } };
  const definition = define({
    scenarios: [harmless, BLOCKED],
    defenceSets: [laboratory.defenceSets.get('link-authentication')!],
  });
  const report = exerciseOf(definition, 3).report();
  assert.equal(report.complete, false);
  assert.equal(resultIn(report, 'bolus', 'link-authentication').runs, 3);
  assert.equal(report.verdict, 'undecided');
});

test('one that was interrupted before anything was complete has no results and no verdict', () => {
  const report = exerciseOf(whole, 0).report();
  assert.deepEqual([report.complete, report.scenarios.length, report.verdict], [false, 0, 'undecided']);
});

test('a scenario that names its own patients is exercised on them, whoever the suite has', () => {
  const definition = define({ scenarios: [{ ...BOLUS, patients: ['adult#003'] }, BLOCKED] });
  const exercise = createExercise(definition);
  const chunks = exercise.nextLook()!;
  const patientsOf = (scenario: number): readonly string[] =>
    chunks.filter(({ cells }) => cells.some((key) => key.scenario === scenario)).map(({ patient }) => patient);
  assert.deepEqual(patientsOf(0), ['adult#003']);
  assert.deepEqual(patientsOf(1), ['adult#001', 'adult#002']);
  const runs = chunks.filter(({ patient }) => patient === 'adult#003').flatMap((chunk) => chunk.runs);
  assert.deepEqual(runs, [0, 1, 2, 3]);
});
