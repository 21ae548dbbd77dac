import { workerData } from 'node:worker_threads';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { commissionWard } from '#simulate/exercise/commission-ward';
import type { CellKey, Chunk, ChunkResult } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { RepresentativeRun } from '#simulate/exercise/exercise-report';
import { representativeRun } from '#simulate/exercise/representative-run';
import { type CommissionedModels, createChunkRunner, wardOf } from '#simulate/exercise/run-chunk';

const definition = workerData as ExerciseDefinition;
const patientOf = loadPatients(catalogRoot);

/** What the pool calls in its threads: a twin put into service, */
export function commission(wish: { readonly ward: string; readonly patient: string }): CommissionedModel {
  return commissionWard(definition, definition.wards[wish.ward]!, patientOf(wish.patient));
}

/** the runs of a chunk, */
export function runChunk(wish: { readonly chunk: Chunk; readonly models: CommissionedModels }): ChunkResult {
  return createChunkRunner(definition, patientOf, wish.models).run(wish.chunk);
}

/** and one run again, in the detail that a chart shows. */
export function showRun(
  wish: CellKey & { readonly patient: string; readonly run: number; readonly models: CommissionedModels },
): RepresentativeRun {
  const scenario = definition.scenarios[wish.scenario]!;
  const defenceSet = definition.defenceSets[wish.defenceSet]!;
  const { startMinute } = wardOf(definition, scenario);
  const pair = createChunkRunner(definition, patientOf, wish.models).runPair(
    scenario,
    defenceSet,
    wish.patient,
    wish.run,
  );
  return representativeRun(wish.patient, wish.run, startMinute, pair);
}
