import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { type Cell, type Chunk, type ChunkResult, createExercise, type Exercise } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { ExerciseReport, RepresentativeRun } from '#simulate/exercise/exercise-report';

type Pool = Piscina<unknown, unknown>;

/** How many results may wait for an earlier one, for each thread. */
const RESULTS_PER_JOB = 4;

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
 * whichever thread made them, whenever. Memory holds the totals of the cells and some results for each thread.
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

async function runLooks(exercise: Exercise, pool: Pool, options: RunOptions): Promise<void> {
  const progress = { done: 0, total: 0, patientDays: 0 };
  for (let chunks = exercise.nextLook(); chunks !== undefined; chunks = exercise.nextLook()) {
    // One run of one patient at a time: small enough that the threads end together.
    const parts = chunks.flatMap((chunk) => chunk.runs.map((run) => ({ ...chunk, runs: [run] })));
    progress.total = progress.done + parts.reduce((sum, part) => sum + part.cells.length, 0);
    const made = await runParts(exercise, pool, parts, progress, options);
    // Interrupted: what is complete up to the first gap is judged, the rest was never there.
    if (made > 0) exercise.judge();
    if (made < parts.length) return;
  }
}

/**
 * Runs the parts of a look on all threads and absorbs their results in order. No part is begun that lies far ahead of what
 * was absorbed, so the results held back are bounded by the number of threads. @returns how many were absorbed
 */
async function runParts(
  exercise: Exercise,
  pool: Pool,
  parts: readonly Chunk[],
  progress: { done: number; total: number; patientDays: number },
  { jobs, signal, onProgress }: RunOptions,
): Promise<number> {
  const waiting = new Map<number, ChunkResult>();
  let next = 0;
  let absorbed = 0;
  let room = Promise.withResolvers<void>();

  const settle = (index: number, result: ChunkResult): void => {
    waiting.set(index, result);
    for (let ready = waiting.get(absorbed); ready !== undefined; ready = waiting.get(absorbed)) {
      exercise.absorb(parts[absorbed]!, ready);
      waiting.delete(absorbed);
      absorbed += 1;
    }
    room.resolve();
    room = Promise.withResolvers<void>();
    progress.done += parts[index]!.cells.length;
    progress.patientDays += daysOf(result);
    onProgress(progress);
  };
  const takeTurns = async (): Promise<void> => {
    while (next < parts.length && !signal.aborted) {
      if (next >= absorbed + RESULTS_PER_JOB * jobs) {
        await room.promise;
        continue;
      }
      const index = next;
      next += 1;
      settle(index, (await pool.run(parts[index]!, { name: 'runChunk' })) as ChunkResult);
    }
  };
  await Promise.all(Array.from({ length: jobs }, takeTurns));
  return absorbed;
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
