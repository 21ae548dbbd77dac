import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { toCellRun } from './cell-run.ts';
import { commissionWard } from './commission-ward.ts';
import type { Chunk, ChunkResult } from './exercise.ts';
import { type ExerciseDefinition, UNDEFENDED } from './exercise-definition.ts';
import type { RunOutcome } from './run-outcome.ts';
import { runWard } from './run-ward.ts';
import type { DefenceSet, Scenario, Ward } from './scenario.ts';

/** Makes the runs of chunks one after the other, each distinct one once. */
export interface ChunkRunner {
  run(chunk: Chunk): ChunkResult;
  /** One run with its baseline, in full. */
  runPair(scenario: Scenario, defenceSet: DefenceSet, patient: string, run: number): RunPair;
}

export interface RunPair {
  readonly attacked: RunOutcome;
  readonly baseline: RunOutcome;
}

/** Twins commissioned already, by `commissioningKey`. */
export type CommissionedModels = ReadonlyMap<string, CommissionedModel>;

/** A twin is commissioned once for each patient and way of life, whatever a scenario changes about the ward. */
export const commissioningKey = (ward: Ward, patient: string): string => `${ward.id}/${patient}`;

export function createChunkRunner(
  definition: ExerciseDefinition,
  patientOf: (id: string) => VirtualPatient,
  commissioned: CommissionedModels = new Map(),
): ChunkRunner {
  const models = new Map(commissioned);
  const commissionedOf = (ward: Ward, patient: VirtualPatient): CommissionedModel =>
    once(models, commissioningKey(ward, patient.id), () =>
      commissionWard(definition, baseWardOf(definition, ward), patient),
    );

  function runOne(
    scenario: Scenario,
    defenceSet: DefenceSet,
    patient: VirtualPatient,
    run: number,
    isAttacked: boolean,
  ): RunOutcome {
    const ward = wardOf(definition, scenario);
    return runWard(definition, {
      ward,
      defenceSet,
      patient,
      run,
      horizonMin: scenario.horizonMin,
      commissioned: commissionedOf(ward, patient),
      ...(isAttacked ? { campaign: scenario.campaign } : {}),
    });
  }

  return {
    run: (chunk) => {
      const patient = patientOf(chunk.patient);
      return chunk.runs.map((run) => {
        // Scenarios of the same ward and length share their baselines; every defence set shares the undefended runs.
        const baselines = new Map<string, RunOutcome>();
        const undefended = new Map<string, RunOutcome>();
        const baseline = (scenario: Scenario, set: DefenceSet) =>
          once(baselines, `${scenario.ward}/${scenario.horizonMin}/${set.id}`, () =>
            runOne(scenario, set, patient, run, false),
          );
        const undefendedAttack = (scenario: Scenario) =>
          once(undefended, scenario.id, () => runOne(scenario, UNDEFENDED, patient, run, true));
        return chunk.cells.map((key) => {
          const scenario = definition.scenarios[key.scenario]!;
          const set = definition.defenceSets[key.defenceSet]!;
          const withoutDefences = undefendedAttack(scenario);
          return toCellRun(scenario, chunk.patient, run, {
            attacked: set.id === UNDEFENDED.id ? withoutDefences : runOne(scenario, set, patient, run, true),
            baseline: baseline(scenario, set),
            undefended: withoutDefences,
            undefendedBaseline: baseline(scenario, UNDEFENDED),
          });
        });
      });
    },

    runPair: (scenario, defenceSet, patientId, run) => {
      const patient = patientOf(patientId);
      return {
        attacked: runOne(scenario, defenceSet, patient, run, true),
        baseline: runOne(scenario, defenceSet, patient, run, false),
      };
    },
  };
}

/** The ward as the catalog has it, without what a scenario overrides. */
const baseWardOf = (definition: ExerciseDefinition, ward: Ward): Ward => definition.wards[ward.id] ?? ward;

export function wardOf(definition: ExerciseDefinition, scenario: Scenario): Ward {
  const ward = definition.wards[scenario.ward];
  if (ward === undefined) throw new Error(`scenario \`${scenario.id}\`: no ward \`${scenario.ward}\``);
  return ward;
}

function once<Key, Value>(made: Map<Key, Value>, key: Key, make: () => Value): Value {
  const existing = made.get(key);
  if (existing !== undefined) return existing;
  const value = make();
  made.set(key, value);
  return value;
}
