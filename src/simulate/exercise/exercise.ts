import { assert } from '#base/assert';
import { buildReport } from './build-report.ts';
import { addRun, type CellTotals, createCellTotals } from './cell.ts';
import type { CellRun } from './cell-run.ts';
import type { ExerciseDefinition } from './exercise-definition.ts';
import type { CriterionResult, ExerciseReport } from './exercise-report.ts';
import { SERIES_STEP_MIN } from './run-outcome.ts';
import type { Criterion, DefenceSet, Scenario } from './scenario.ts';
import { decideAtLook } from './statistics/sequential-plan.ts';

/** A scenario with a defence set, by its place in the definition. */
export interface CellKey {
  readonly scenario: number;
  readonly defenceSet: number;
}

/** Work for one thread: one patient, some runs, all cells that are still open. Runs that share a seed share their baselines. */
export interface Chunk {
  readonly patient: string;
  readonly runs: readonly number[];
  readonly cells: readonly CellKey[];
}

export interface ChunkResult {
  /** For each of the chunk's runs, for each of its cells. */
  readonly runs: readonly (readonly CellRun[])[];
  /** What was simulated for it: a baseline that cells share counts once. */
  readonly patientDays: number;
}

export interface Cell {
  readonly key: CellKey;
  readonly scenario: Scenario;
  readonly defenceSet: DefenceSet;
  readonly criteria: readonly Criterion[];
  readonly totals: CellTotals;
  results: readonly CriterionResult[];
  /** The last look at it: its intervals are those of that look. */
  look: number;
  /** No further runs are needed: every criterion is decided. */
  decided: boolean;
}

/** The cells of an exercise and what is still to be run. Its state depends on results only, not on who made them when. */
export interface Exercise {
  readonly cells: readonly Cell[];
  /** The chunks up to the next look, or undefined when nothing is left to do. */
  nextLook(): readonly Chunk[] | undefined;
  /** Adds the result of one chunk of the look; chunks come in their order, so that nothing depends on who made them when. */
  absorb(chunk: Chunk, result: ChunkResult): void;
  /** Looks at the criteria after the chunks absorbed so far, which ends the look. */
  judge(): void;
  report(): ExerciseReport;
}

export function createExercise(definition: ExerciseDefinition): Exercise {
  const cells = definition.scenarios.flatMap((scenario, index) =>
    definition.defenceSets.map((defenceSet, other): Cell => {
      const criteria = scenario.criteria[defenceSet.id] ?? [];
      const steps = Math.ceil(scenario.horizonMin / SERIES_STEP_MIN);
      return {
        key: { scenario: index, defenceSet: other },
        scenario,
        defenceSet,
        criteria,
        totals: createCellTotals(criteria.length, startOf(definition, scenario), steps),
        results: [],
        look: 0,
        decided: false,
      };
    }),
  );
  let look = 0;
  let runsPlanned = 0;
  let runsAbsorbed = 0;
  /** Fewer runs were absorbed than a look had. */
  let interrupted = false;

  const cellAt = (key: CellKey): Cell => {
    const cell = cells[key.scenario * definition.defenceSets.length + key.defenceSet];
    assert(cell !== undefined, 'a chunk names cells of the exercise');
    return cell;
  };

  return {
    cells,

    nextLook() {
      const from = look === 0 ? 0 : definition.looks[look - 1]!;
      const to = definition.looks[look];
      const open = cells.filter((cell) => !cell.decided);
      if (to === undefined || open.length === 0) return undefined;
      const chunks = [...cellsByPatients(definition, open)].flatMap(([, { patients, keys }]) =>
        chunksOf(patients, keys, from, to),
      );
      runsPlanned = countRuns(chunks);
      return chunks;
    },

    absorb(chunk, result) {
      for (const runs of result.runs) {
        for (const [position, key] of chunk.cells.entries()) {
          const cell = cellAt(key);
          addRun(cell.totals, runs[position]!, cell.criteria, startOf(definition, cell.scenario));
        }
      }
      runsAbsorbed += countRuns([chunk]);
    },

    judge() {
      for (const cell of cells) if (!cell.decided && cell.totals.runs > 0) lookAt(cell, definition, look);
      if (runsAbsorbed < runsPlanned) interrupted = true;
      runsAbsorbed = 0;
      look += 1;
    },

    report: () => {
      const isOver = look === definition.looks.length || cells.every((cell) => cell.decided);
      return buildReport(definition, cells, isOver && !interrupted);
    },
  };
}

/** Cells whose runs go through the same patients: those of the exercise, unless the scenario names its own. */
function cellsByPatients(definition: ExerciseDefinition, cells: readonly Cell[]) {
  const groups = new Map<string, { readonly patients: readonly string[]; readonly keys: CellKey[] }>();
  for (const { scenario, key } of cells) {
    const patients = scenario.patients ?? definition.patients;
    const name = patients.join(',');
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { patients, keys: [key] });
    else group.keys.push(key);
  }
  return groups;
}

/** Runs `from` to `to`, dealt to the patients in turn. */
function chunksOf(patients: readonly string[], cells: readonly CellKey[], from: number, to: number): readonly Chunk[] {
  const byPatient = new Map<string, Chunk & { readonly runs: number[] }>();
  for (let index = from; index < to; index += 1) {
    const patient = patients[index % patients.length]!;
    const run = Math.floor(index / patients.length);
    const chunk = byPatient.get(patient);
    if (chunk === undefined) byPatient.set(patient, { patient, runs: [run], cells });
    else chunk.runs.push(run);
  }
  return [...byPatient.values()];
}

const countRuns = (chunks: readonly Chunk[]): number =>
  chunks.reduce((sum, { runs, cells }) => sum + runs.length * cells.length, 0);

const startOf = (definition: ExerciseDefinition, scenario: Scenario): number =>
  definition.wards[scenario.ward]?.startMinute ?? 0;

function lookAt(cell: Cell, definition: ExerciseDefinition, look: number): void {
  cell.look = look;
  cell.results = cell.criteria.map((criterion, index) => {
    const { k, n } = cell.totals.criteria[index]!;
    const relation = criterion.relation === 'at-least' ? 'at least' : 'at most';
    const decision = decideAtLook(definition, look, { relation, bound: criterion.bound }, k, n);
    return {
      text: criterion.text ?? describe(criterion),
      metric: criterion.metric,
      relation,
      bound: criterion.bound,
      ...decision,
    };
  });
  cell.decided = cell.results.every((result) => result.outcome !== 'undecided');
}

/** The claim as a sentence, where the scenario leaves it to its numbers. */
function describe(criterion: Criterion): string {
  const share = `${criterion.relation === 'at-least' ? 'at least' : 'at most'} ${Math.round(criterion.bound * 100)} %`;
  if (criterion.metric === 'detectedWithin')
    return `detected within ${criterion.withinMin} min in ${share} of the runs`;
  return `${METRIC_PHRASES[criterion.metric]} in ${share} of the runs`;
}

const METRIC_PHRASES = {
  harmed: 'harm reaches the patient',
  prevented: 'the adversary has no effect',
  detected: 'a true finding is raised',
  detectedBeforeHarm: 'a true finding is raised before the harm of the undefended run',
  contained: 'the effect is ended',
  recovered: 'therapy recovers',
  viewLost: 'the view of the patient is lost or forged',
} as const;
