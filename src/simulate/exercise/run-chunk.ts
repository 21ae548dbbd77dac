import type { Minutes } from '#base/units';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { toCellRun } from './cell-run.ts';
import { commissionWard } from './commission-ward.ts';
import type { Chunk, ChunkResult } from './exercise.ts';
import { type ExerciseDefinition, UNDEFENDED } from './exercise-definition.ts';
import type { RunPair } from './representative-run.ts';
import type { RunOutcome } from './run-outcome.ts';
import { type RunRequest, runWard, runWardTo } from './run-ward.ts';
import type { DefenceSet, Scenario, Ward } from './scenario.ts';

/** Makes the runs of chunks one after the other, each distinct one once. */
export interface ChunkRunner {
  run(chunk: Chunk): ChunkResult;
  /** One run with its baseline, in full. */
  runPair(scenario: Scenario, defenceSet: DefenceSet, patient: string, run: number): RunPair;
}

const DAY_MIN: Minutes = 1_440;

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

  function requestOf(scenario: Scenario, defenceSet: DefenceSet, patient: VirtualPatient, run: number): RunRequest {
    const ward = wardOf(definition, scenario);
    const { horizonMin } = scenario;
    return { ward, defenceSet, patient, run, horizonMin, commissioned: commissionedOf(ward, patient) };
  }

  let simulatedMin: Minutes = 0;

  function attack(scenario: Scenario, set: DefenceSet, patient: VirtualPatient, run: number): RunOutcome {
    simulatedMin += scenario.horizonMin;
    return runWard(definition, { ...requestOf(scenario, set, patient, run), campaign: scenario.campaign });
  }

  /** Scenarios of one ward share one baseline, seen at each of their horizons. */
  function createBaselines(patient: VirtualPatient, run: number) {
    const made = new Map<string, ReadonlyMap<Minutes, RunOutcome>>();
    return (scenario: Scenario, set: DefenceSet): RunOutcome => {
      const outcomes = once(made, `${scenario.ward}/${set.id}`, () => {
        const horizons = horizonsIn(definition, scenario.ward);
        const request = { ...requestOf(scenario, set, patient, run), horizonMin: horizons.at(-1)! };
        simulatedMin += request.horizonMin;
        const seen = runWardTo(definition, request, horizons);
        return new Map(horizons.map((horizon, index) => [horizon, seen[index]!]));
      });
      return outcomes.get(scenario.horizonMin)!;
    };
  }

  return {
    run: (chunk) => {
      const patient = patientOf(chunk.patient);
      const before = simulatedMin;
      const runs = chunk.runs.map((run) => {
        const baseline = createBaselines(patient, run);
        // Every defence set shares the undefended runs.
        const undefended = new Map<string, RunOutcome>();
        return chunk.cells.map((key) => {
          const scenario = definition.scenarios[key.scenario]!;
          const set = definition.defenceSets[key.defenceSet]!;
          const withoutDefences = once(undefended, scenario.id, () => attack(scenario, UNDEFENDED, patient, run));
          const { startMinute } = wardOf(definition, scenario);
          return toCellRun(scenario, chunk.patient, run, startMinute, {
            attacked: set.id === UNDEFENDED.id ? withoutDefences : attack(scenario, set, patient, run),
            baseline: baseline(scenario, set),
            undefended: withoutDefences,
            undefendedBaseline: baseline(scenario, UNDEFENDED),
          });
        });
      });
      return { runs, patientDays: (simulatedMin - before) / DAY_MIN };
    },

    runPair: (scenario, defenceSet, patientId, run) => {
      const patient = patientOf(patientId);
      return {
        attacked: attack(scenario, defenceSet, patient, run),
        baseline: runWard(definition, requestOf(scenario, defenceSet, patient, run)),
      };
    },
  };
}

/** The ward as the catalog has it, without what a scenario overrides. */
const baseWardOf = (definition: ExerciseDefinition, ward: Ward): Ward => definition.wards[ward.id] ?? ward;

/** The horizons that scenarios have in a ward, rising. */
function horizonsIn({ scenarios }: ExerciseDefinition, ward: string): readonly Minutes[] {
  const horizons = new Set(scenarios.filter((scenario) => scenario.ward === ward).map(({ horizonMin }) => horizonMin));
  return [...horizons].sort((left, right) => left - right);
}

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
