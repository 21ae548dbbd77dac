import { closeSync, openSync, writeSync } from 'node:fs';
import { Fault } from '#base/fault';
import type { Minutes } from '#base/units';
import { GLUCOSE_VALIDITY_FLOOR } from '#model/hazard/glycaemic-metrics';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { catalogRoot } from '../catalog/catalog-directory.ts';
import { loadPatients } from '../catalog/patients.ts';
import { OUTPUT_HEADER } from './physiology.ts';
import { createMinuteInputs, MAX_DURATION, readPhysiologyInputs } from './physiology-inputs.ts';

export interface PhysiologyRunOptions {
  readonly model: string;
  readonly patient: string;
  /** Path of the inputs, `t_min,carbs_g_per_min,insulin_u_per_min`. */
  readonly inputs: string;
  /** Integration step in minutes: 1 divided by a whole number. */
  readonly step: number;
  /** Path of the outputs, overwritten. */
  readonly out: string;
  /** Ends the run; without it the run ends at the time of the last row. */
  readonly durationMin?: number;
}

/** Where a command writes its lines; a test hands in its own. */
export interface CommandOutput {
  readonly line: (text: string) => void;
  readonly error: (text: string) => void;
}

const processOutput: CommandOutput = {
  line: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
};

const EXIT_DONE = 0;
const EXIT_BAD_INPUT = 2;
const MAX_STEPS_PER_MINUTE = 1_000;
/** Rows written at a time. */
const CHUNK = 1_440;

/**
 * Replays a person's own inputs on a patient model and writes its glucose for every minute, minute 0 included. Values below 40
 * mg/dL are written as the model has them, so that the file can be compared number by number, and are told as an event.
 * @returns the exit code: 0, or 2 for bad input
 */
export async function runPhysiology(
  options: PhysiologyRunOptions,
  output: CommandOutput = processOutput,
  catalogDir: string = catalogRoot,
): Promise<number> {
  try {
    const patient = findPatientOfModel(options.model, options.patient, catalogDir);
    const step = checkedStep(options.step);
    const rows = readPhysiologyInputs(options.inputs);
    const duration = checkedDuration(options.durationMin) ?? Math.floor(rows.at(-1)!.tMin);
    const crossed = writeRun(patient, step, createMinuteInputs(rows), duration, options.out);
    output.line(`${options.out}: ${duration + 1} minutes of ${patient.id} (${patient.model}), step ${step} min`);
    if (crossed !== undefined) {
      output.error(
        `event: plasma glucose below ${GLUCOSE_VALIDITY_FLOOR} mg/dL from minute ${crossed}; the model has no counter-regulation, its values are not valid below`,
      );
    }
    return EXIT_DONE;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    output.error(`error: ${error.message}`);
    return EXIT_BAD_INPUT;
  }
}

function findPatientOfModel(model: string, id: string, catalogDir: string): VirtualPatient {
  if (model !== 'uva-padova-2008' && model !== 'hovorka-2004') {
    throw new Fault(
      'physiology.model-unknown',
      `--model is \`${model}\`; there are \`uva-padova-2008\` and \`hovorka-2004\``,
      {
        model,
      },
    );
  }
  const patient = loadPatients(catalogDir)(id);
  if (patient.model === model) return patient;
  throw new Fault(
    'physiology.model-unknown',
    `--patient \`${id}\` is a person of \`${patient.model}\`, not of \`${model}\``,
    {
      model,
      id,
    },
  );
}

function checkedStep(step: number): Minutes {
  const perMinute = Math.round(1 / step);
  const divides = step > 0 && step <= 1 && Math.abs(perMinute * step - 1) < 1e-9;
  if (divides && perMinute <= MAX_STEPS_PER_MINUTE) return step;
  throw new Fault(
    'physiology.step-invalid',
    `--step is \`${step}\`; it has to be 1 divided by a whole number up to ${MAX_STEPS_PER_MINUTE}, such as 1, 0.5, 0.25`,
    { step },
  );
}

function checkedDuration(duration: number | undefined): Minutes | undefined {
  if (duration === undefined || (Number.isInteger(duration) && duration >= 0 && duration <= MAX_DURATION))
    return duration;
  throw new Fault(
    'physiology.duration-invalid',
    `--duration-min is \`${duration}\`; it has to be a whole number of minutes from 0 to ${MAX_DURATION}`,
    { duration },
  );
}

/** Writes the run; returns the minute plasma glucose first fell below the validity floor. */
function writeRun(
  patient: VirtualPatient,
  stepMin: Minutes,
  inputs: ReturnType<typeof createMinuteInputs>,
  duration: Minutes,
  path: string,
): Minutes | undefined {
  const file = openForWriting(path);
  try {
    const plant = patient.createPlant({ stepMin });
    let crossed: Minutes | undefined;
    let chunk = [OUTPUT_HEADER];
    for (let minute = 0; minute <= duration; minute += 1) {
      const plasma = plant.plasmaGlucose;
      if (plasma < GLUCOSE_VALIDITY_FLOOR) crossed ??= minute;
      chunk.push(`${minute},${plasma.toFixed(6)},${plant.interstitialGlucose.toFixed(6)}`);
      if (chunk.length >= CHUNK) {
        writeSync(file, `${chunk.join('\n')}\n`);
        chunk = [];
      }
      if (minute === duration) break;
      inputs.moveTo(minute);
      plant.advance({ insulin: inputs.insulin, carbohydrates: inputs.carbohydrates, insulinSensitivity: 1 });
    }
    if (chunk.length > 0) writeSync(file, `${chunk.join('\n')}\n`);
    return crossed;
  } finally {
    closeSync(file);
  }
}

function openForWriting(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw new Fault(
      'physiology.output-unwritable',
      `--out \`${path}\` cannot be written; ${(cause as Error).message}`,
      { path },
    );
  }
}
