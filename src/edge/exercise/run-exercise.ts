import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { type Cell, type ChunkResult, createExercise, type Exercise } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { ExerciseReport, RepresentativeRun } from '#simulate/exercise/exercise-report';

type Pool = Piscina<unknown, unknown>;

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
export async function runExercise(definition: ExerciseDefinition, options: RunOptions): Promise<ExerciseReport> {
  const exercise = createExercise(definition);
  const pool: Pool = new Piscina({
    filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    workerData: definition,
    minThreads: options.jobs,
    maxThreads: options.jobs,
    idleTimeout: 60_000,
  });
  try {
    await runLooks(exercise, pool, options);
    return exercise.report(await showRepresentatives(exercise, pool));
  } finally {
    await pool.destroy();
  }
}

async function runLooks(exercise: Exercise, pool: Pool, { onProgress, signal, jobs }: RunOptions): Promise<void> {
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
        const result = (await pool.run(parts[index]!, { name: 'runChunk' })) as ChunkResult;
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
async function showRepresentatives(exercise: Exercise, pool: Pool): Promise<ReadonlyMap<Cell, RepresentativeRun>> {
  const shown = exercise.representatives();
  const runs = await Promise.all(
    shown.map(({ cell, patient, run }) => pool.run({ ...cell.key, patient, run }, { name: 'showRun' })),
  );
  return new Map(shown.map(({ cell }, index) => [cell, runs[index] as RepresentativeRun]));
}
