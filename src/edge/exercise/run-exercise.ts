import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { COMMISSIONING_MIN } from '#simulate/exercise/commission-ward';
import { type Chunk, type ChunkResult, createExercise, type Exercise } from '#simulate/exercise/exercise';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { type CommissionedModels, commissioningKey, wardOf } from '#simulate/exercise/run-chunk';

type Pool = Piscina<unknown, unknown>;

/** How many results may wait for an earlier one, for each thread. */
const RESULTS_PER_JOB = 4;

export interface Progress {
  /** Twins are put into service first, then the runs are made. */
  readonly stage: 'commissioning' | 'running';
  /** A share of the looks that are planned; a stop before the last one makes it jump. */
  readonly done: number;
  readonly total: number;
  /** Simulated patient-days so far. */
  readonly patientDays: number;
}

type RunningProgress = { -readonly [Name in keyof Progress]: Progress[Name] };

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
    const modelsOf = await commissionTwins(definition, pool, options);
    if (modelsOf === undefined) return exercise.report();
    await runLooks(exercise, pool, modelsOf, options);
    return exercise.report();
  } finally {
    await pool.destroy();
  }
}

/** The twins of one patient, in the wards that the exercise takes place in. */
type ModelsOf = (patient: string) => CommissionedModels;

/**
 * Every twin is put into service once, before anything is asked of it, and handed to whichever thread needs it. Undefined when
 * that was interrupted: no run can be under way yet.
 */
async function commissionTwins(
  definition: ExerciseDefinition,
  pool: Pool,
  { onProgress, signal }: RunOptions,
): Promise<ModelsOf | undefined> {
  const used = new Set(definition.scenarios.map((scenario) => wardOf(definition, scenario).id));
  const patients = new Set([
    ...definition.patients,
    ...definition.scenarios.flatMap((scenario) => scenario.patients ?? []),
  ]);
  const wishes = [...patients].flatMap((patient) => [...used].map((ward) => ({ ward, patient })));
  let done = 0;
  const made = await Promise.all(
    wishes.map(async (wish) => {
      const model = (await pool.run(wish, { name: 'commission', signal })) as CommissionedModel;
      done += 1;
      const patientDays = (done * COMMISSIONING_MIN) / 1_440;
      onProgress({ stage: 'commissioning', done, total: wishes.length, patientDays });
      return model;
    }),
  ).catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (made === undefined) return undefined;
  const byPatient = Map.groupBy(wishes.entries(), ([, { patient }]) => patient);
  return (patient) =>
    new Map(
      byPatient
        .get(patient)!
        .map(([index, { ward }]) => [commissioningKey(definition.wards[ward]!, patient), made[index]!]),
    );
}

async function runLooks(exercise: Exercise, pool: Pool, modelsOf: ModelsOf, options: RunOptions): Promise<void> {
  const progress: RunningProgress = { stage: 'running', done: 0, total: 0, patientDays: 0 };
  for (let chunks = exercise.nextLook(); chunks !== undefined; chunks = exercise.nextLook()) {
    // One run of one patient at a time: small enough that the threads end together.
    const parts = chunks.flatMap((chunk) => chunk.runs.map((run) => ({ ...chunk, runs: [run] })));
    progress.total = progress.done + parts.reduce((sum, part) => sum + part.cells.length, 0);
    const made = await runParts(exercise, pool, modelsOf, parts, progress, options);
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
  modelsOf: ModelsOf,
  parts: readonly Chunk[],
  progress: RunningProgress,
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
    progress.patientDays += result.patientDays;
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
      const chunk = parts[index]!;
      const wish = { chunk, models: modelsOf(chunk.patient) };
      settle(index, (await pool.run(wish, { name: 'runChunk' })) as ChunkResult);
    }
  };
  await Promise.all(Array.from({ length: jobs }, takeTurns));
  return absorbed;
}
