import { workerData } from 'node:worker_threads';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import type { Chunk, ChunkResult } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import { createChunkRunner } from '#simulate/exercise/run-chunk';

const runner = createChunkRunner(workerData as ExerciseDefinition, loadPatients(catalogRoot));

/** What the pool calls in its threads. */
export function runChunk(chunk: Chunk): ChunkResult {
  return runner.run(chunk);
}
