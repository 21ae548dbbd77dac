import { accessSync, constants, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Fault } from '#base/fault';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { defineExercise, type ExerciseWish } from '#edge/exercise/define-exercise';
import { runExercise } from '#edge/exercise/run-exercise';
import { renderJson } from '#edge/report/canonical-json';
import { renderHtml } from '#edge/report/html/document';
import { renderJunit } from '#edge/report/junit';
import { renderText } from '#edge/report/text';
import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { EXIT } from './exit.ts';
import { createProgressWriter } from './progress.ts';
import type { ReportFormat, ValidateOptions } from './validate.ts';

const MOST_JOBS = 256;
/**
 * One Ctrl-C arrives several times: from the terminal, which signals the whole process group, and passed on by npx and by
 * the program that starts this one on its own Node.js.
 */
const ONE_KEYPRESS_MS = 1_000;
/** How late its echoes usually come. */
const ECHO_MS = 200;

/** How each format is made and what its file is called. Text also goes to the terminal. */
const FORMATS: Readonly<
  Record<ReportFormat, { readonly file: string; readonly render: (report: ExerciseReport) => string }>
> = {
  text: { file: 'report.txt', render: (report) => renderText(report, { colour: false }) },
  json: { file: 'report.json', render: renderJson },
  html: { file: 'report.html', render: renderHtml },
  junit: { file: 'report.junit.xml', render: renderJunit },
};

export async function validate(options: ValidateOptions & ExerciseWish): Promise<number> {
  if (options.jobs < 1 || options.jobs > MOST_JOBS) {
    throw new Fault('validate.jobs', `--jobs: \`${options.jobs}\` has to be a whole number from 1 to ${MOST_JOBS}`);
  }
  const laboratory = loadLaboratory();
  const definition = defineExercise(laboratory, options);
  prepareFolder(options.out);
  const interruption = new AbortController();
  let interruptedAt = Number.NEGATIVE_INFINITY;
  const interrupt = (): void => {
    if (interruption.signal.aborted) {
      if (performance.now() - interruptedAt > ONE_KEYPRESS_MS) process.exit(EXIT.interrupted);
      return;
    }
    interruptedAt = performance.now();
    console.error('\ninterrupted: finishing the runs under way, then writing what is complete; again to stop at once');
    interruption.abort();
  };
  process.on('SIGINT', interrupt);
  const cells = definition.scenarios.length * definition.defenceSets.length;
  console.error(
    `wardtwin ${definition.version}, seed ${definition.seed}: ${definition.scenarios.length} scenario(s) x ` +
      `${definition.defenceSets.length} defence set(s) on ${definition.patients.length} patient(s), ` +
      `at most ${definition.looks.at(-1)} runs each, ${options.jobs} thread(s), ${cells} verdicts to reach`,
  );

  const progress = createProgressWriter(process.stderr);
  const startedAt = performance.now();
  let patientDays = 0;
  const report = await runExercise(definition, {
    jobs: options.jobs,
    signal: interruption.signal,
    onProgress: (update) => {
      patientDays = update.patientDays;
      progress.update(update);
    },
  }).finally(() => progress.end());
  // `interrupt` stays until the end: the echo of a keypress may come late, and would end the program in the middle of a report
  const seconds = (performance.now() - startedAt) / 1_000;
  // First to the terminal: a disk that filled up meanwhile must not cost the verdict.
  if (options.format.includes('text')) console.log(renderText(report, { colour: process.stdout.isTTY === true }));
  writeReports(report, options);
  const files = options.format.map((format) => join(options.out, FORMATS[format].file)).join(', ');
  console.error(`${patientDays.toFixed(0)} patient-days in ${seconds.toFixed(1)} s; written: ${files}`);
  if (interruption.signal.aborted) {
    console.error('the exercise was interrupted: the report holds the runs that were complete and says so');
    // an echo that finds the program gone half-way would be told as its death instead of its exit code
    await setTimeout(Math.max(0, ECHO_MS - (performance.now() - interruptedAt)));
    return EXIT.interrupted;
  }
  return exitOf(report);
}

function exitOf({ verdict }: ExerciseReport): number {
  switch (verdict) {
    case 'accepted':
      return EXIT.accepted;
    case 'violated':
      return EXIT.violated;
    case 'undecided':
      return EXIT.undecided;
  }
}

/** Before anything is run: an hour of work must not end at a folder that cannot be written. */
function prepareFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw new Fault('validate.out', `--out: no folder that can be written: \`${path}\`: ${(error as Error).message}`);
  }
}

function writeReports(report: ExerciseReport, { out, format }: ValidateOptions): void {
  const faults: string[] = [];
  for (const name of format) {
    const { file, render } = FORMATS[name];
    const path = join(out, file);
    // Beside its place and then into it: half a report never stands where a whole one is looked for.
    const part = `${path}.part`;
    try {
      writeFileSync(part, render(report));
      renameSync(part, path);
    } catch (error) {
      rmSync(part, { force: true });
      faults.push(`--out: cannot write \`${path}\`: ${(error as Error).message}`);
    }
  }
  if (faults.length > 0) throw new Fault('validate.write', faults.join('\n'));
}
