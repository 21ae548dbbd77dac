import { workerData } from 'node:worker_threads';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { commissionWard } from '#simulate/exercise/commission-ward';
import type { Chunk, ChunkResult } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import { type CommissionedModels, createChunkRunner } from '#simulate/exercise/run-chunk';

const definition = workerData as ExerciseDefinition;
const patientOf = loadPatients(catalogRoot);

/** What the pool calls in its threads: a twin put into service */
export function commission(wish: { readonly ward: string; readonly patient: string }): CommissionedModel {
  return commissionWard(definition, definition.wards[wish.ward]!, patientOf(wish.patient));
}

/** and the runs of a chunk. */
export function runChunk(wish: { readonly chunk: Chunk; readonly models: CommissionedModels }): ChunkResult {
  return createChunkRunner(definition, patientOf, wish.models).run(wish.chunk);
}
