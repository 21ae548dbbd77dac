import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { FindPatient } from '#edge/catalog/patients';
import type { Cell } from '#simulate/exercise/exercise';
import { type Chunk, type ChunkResult, createExercise, type Exercise } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { representativeRun } from '#simulate/exercise/representative-run';
import { createChunkRunner } from '#simulate/exercise/run-chunk';

export const DEFAULT_JOBS = Math.max(1, availableParallelism());

export interface Progress {
  /** A share of the looks that are planned; a stop before the last one makes it jump. */
  readonly done: number;
  readonly total: number;
  /** Simulated patient-days so far. */
  readonly patientDays: number;
}

export interface RunOptions {
  readonly jobs: number;
  readonly onProgress: (progress: Progress) => void;
  /** Ends the exercise after the runs that are under way. */
  readonly signal: AbortSignal;
}

/**
 * Runs an exercise on worker threads. What it returns depends on the definition alone: chunks are handed in by their place,
 * whichever thread made them, whenever. Memory holds the chunks of one look and the totals of the cells.
 */
export async function runExercise(
  definition: ExerciseDefinition,
  patientOf: FindPatient,
  options: RunOptions,
): Promise<ExerciseReport> {
  const exercise = createExercise(definition);
  const pool = new Piscina<Chunk, ChunkResult>({
    filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    name: 'runChunk',
    workerData: definition,
    minThreads: options.jobs,
    maxThreads: options.jobs,
    idleTimeout: 60_000,
  });
  try {
    await runLooks(exercise, pool, options);
    return exercise.report(showRepresentatives(exercise, definition, patientOf));
  } finally {
    await pool.destroy();
  }
}

async function runLooks(
  exercise: Exercise,
  pool: Piscina<Chunk, ChunkResult>,
  { onProgress, signal, jobs }: RunOptions,
): Promise<void> {
  let runsDone = 0;
  let patientDays = 0;
  for (let chunks = exercise.nextLook(); chunks !== undefined && !signal.aborted; chunks = exercise.nextLook()) {
    // One run of one patient at a time: small enough that the threads end together.
    const parts = chunks.flatMap((chunk) => chunk.runs.map((run) => ({ ...chunk, runs: [run] })));
    const results: (ChunkResult | undefined)[] = parts.map(() => undefined);
    const total = parts.reduce((sum, part) => sum + part.cells.length, 0) + runsDone;
    let next = 0;
    const takeTurns = async (): Promise<void> => {
      while (next < parts.length && !signal.aborted) {
        const index = next;
        next += 1;
        const result = await pool.run(parts[index]!);
        results[index] = result;
        runsDone += parts[index]!.cells.length;
        patientDays += daysOf(result);
        onProgress({ done: runsDone, total, patientDays });
      }
    };
    await Promise.all(Array.from({ length: jobs }, takeTurns));
    // Interrupted within a look: what is complete up to the first gap is kept, the rest was never there.
    const complete = results.indexOf(undefined);
    const made = complete === -1 ? results.length : complete;
    if (made === 0) return;
    exercise.absorb(parts.slice(0, made), results.slice(0, made) as ChunkResult[]);
    if (made < parts.length) return;
  }
}

const daysOf = (result: ChunkResult): number =>
  result.reduce((sum, runs) => sum + runs.reduce((days, run) => days + 2 * run.days, 0), 0);

/** The runs that the charts show are made again, so that no series had to be kept. */
function showRepresentatives(exercise: Exercise, definition: ExerciseDefinition, patientOf: FindPatient) {
  const runner = createChunkRunner(definition, patientOf);
  return new Map<Cell, ReturnType<typeof representativeRun>>(
    exercise.representatives().map(({ cell, patient, run }) => {
      const pair = runner.runPair(cell.scenario, cell.defenceSet, patient, run);
      return [cell, representativeRun(patient, run, pair)];
    }),
  );
}
