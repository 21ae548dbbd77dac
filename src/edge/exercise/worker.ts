import { workerData } from 'node:worker_threads';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadPatients } from '#edge/catalog/patients';
import type { CellKey, Chunk, ChunkResult } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { RepresentativeRun } from '#simulate/exercise/exercise-report';
import { representativeRun } from '#simulate/exercise/representative-run';
import { createChunkRunner, wardOf } from '#simulate/exercise/run-chunk';

const definition = workerData as ExerciseDefinition;
const runner = createChunkRunner(definition, loadPatients(catalogRoot));

/** What the pool calls in its threads: the runs of a chunk, */
export function runChunk(chunk: Chunk): ChunkResult {
  return runner.run(chunk);
}

/** and one run again, in the detail that a chart shows. */
export function showRun(shown: CellKey & { readonly patient: string; readonly run: number }): RepresentativeRun {
  const scenario = definition.scenarios[shown.scenario]!;
  const defenceSet = definition.defenceSets[shown.defenceSet]!;
  const { startMinute } = wardOf(definition, scenario);
  const pair = runner.runPair(scenario, defenceSet, shown.patient, shown.run);
  return representativeRun(shown.patient, shown.run, startMinute, pair);
}
