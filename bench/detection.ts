import { fileURLToPath } from 'node:url';
import { createRandom } from '#base/random';
import type { Minutes } from '#base/units';
import { listPatientIds, loadPatients } from '#edge/catalog/patients';
import { commission } from '#mirror/twin/commission';
import { clopperPearson } from '#simulate/exercise/statistics/clopper-pearson';
import { type LoopOptions, runLoop } from './detection/closed-loop.ts';
import { type Detection, detectionOf, measure, RUN_IN_MIN } from './detection/measure.ts';

/**
 * False findings on attack-free days and detection of insulin delivery faults, on all 30 UVA/Padova subjects. Each twin is
 * commissioned on five days of its own; every day measured is another day, of another seed. The population figures in
 * `tune-thresholds.ts` come from seeds that are not measured here (`bench/detection/tune.ts`).
 *
 * Compared with: Meneghetti 2019, 87 % at 0.08 false findings a day; Herrero 2012, 200 min to detection.
 */

const COMMISSIONING_DAYS = 5;
const ATTACK_FREE_DAYS = 10;
/** A fault begins at a random minute of the second day. */
const FAULT_DAYS = 3;
const FAULT_DAY: Minutes = 1440;
const HORIZONS: readonly Minutes[] = [480, 720];
const UNANNOUNCED = 0.04;

const FAULTS = [
  { name: 'no delivery', factor: 0, direction: 'missing', runs: 5 },
  { name: 'delivery doubled', factor: 2, direction: 'excess', runs: 3 },
  { name: 'delivery tripled', factor: 3, direction: 'excess', runs: 3 },
] as const;

interface FaultRun {
  readonly subject: string;
  readonly fault: string;
  readonly within: readonly (Detection | undefined)[];
}

interface Tally {
  readonly days: number;
  /** Per rule and direction. */
  readonly falseFindings: ReadonlyMap<string, number>;
  readonly meanNormalised: number;
  readonly deviationNormalised: number;
  readonly faults: readonly FaultRun[];
}

export function measureDetection(controller: LoopOptions['controller'], seed = 'measured'): Tally {
  const catalog = fileURLToPath(new URL('../catalog', import.meta.url));
  const find = loadPatients(catalog);
  const falseFindings = new Map<string, number>();
  const faults: FaultRun[] = [];
  const normalised: number[] = [];
  let days = 0;
  for (const id of listPatientIds(catalog)) {
    const patient = find(id);
    const stream = createRandom(`${seed}/${controller}/${id}`);
    const options = { controller, unannounced: UNANNOUNCED };
    const model = commission(
      runLoop(patient, stream.fork('commissioning'), { ...options, days: COMMISSIONING_DAYS }).messages,
    );
    const free = measure(model, runLoop(patient, stream.fork('attack-free'), { ...options, days: ATTACK_FREE_DAYS }));
    days += ATTACK_FREE_DAYS - RUN_IN_MIN / 1440;
    normalised.push(...free.normalised);
    for (const { rule, direction } of free.raised) {
      const key = `${rule}: ${direction}`;
      falseFindings.set(key, (falseFindings.get(key) ?? 0) + 1);
    }
    for (const { name, factor, direction, runs } of FAULTS) {
      for (let index = 0; index < runs; index += 1) {
        const random = stream.fork(`${name}/${index}`);
        const fromMin = FAULT_DAY + random.integer(0, 1439);
        const fault = { fromMin, toMin: FAULT_DAYS * 1440, factor };
        const run = runLoop(patient, random, { ...options, days: FAULT_DAYS, fault });
        const measured = measure(model, run);
        const within = HORIZONS.map((horizon) => detectionOf(measured, run, fromMin, direction, horizon));
        faults.push({ subject: id, fault: name, within });
      }
    }
  }
  const mean = normalised.reduce((sum, value) => sum + value, 0) / normalised.length;
  const square = normalised.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normalised.length;
  return { days, falseFindings, meanNormalised: mean, deviationNormalised: Math.sqrt(square), faults };
}

/** Prints the figures for both controllers. */
export function benchDetection(): void {
  for (const controller of ['pid', 'basal-bolus'] as const) {
    const tally = measureDetection(controller);
    console.log(`detection, ${controller}, 30 subjects, ${tally.days} attack-free patient-days`);
    const { meanNormalised, deviationNormalised } = tally;
    console.log(
      `  innovations: mean ${meanNormalised.toFixed(3)}, standard deviation ${deviationNormalised.toFixed(3)}`,
    );
    for (const [key, count] of [...tally.falseFindings].sort()) {
      console.log(`  false findings, ${key}: ${(count / tally.days).toFixed(3)} per patient-day`);
    }
    for (const { name } of FAULTS) {
      for (const group of ['', 'adult']) reportFault(tally, name, group);
    }
  }
}

function reportFault({ faults }: Tally, name: string, group: string): void {
  const runs = faults.filter(({ fault, subject }) => fault === name && subject.startsWith(group));
  for (const [index, horizon] of HORIZONS.entries()) {
    const found = runs.flatMap(({ within }) => within[index] ?? []);
    const { low, high } = clopperPearson(found.length, runs.length, 0.95);
    const delays = found.map(({ delayMin }) => delayMin).sort((left, right) => left - right);
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    const glucose = found.reduce((sum, detection) => sum + detection.glucose, 0) / found.length;
    const before = found.filter(({ afterHarm }) => !afterHarm).length;
    console.log(
      `  ${name}${group === '' ? '' : `, ${group}s`}, within ${horizon / 60} h: ${percent(found.length / runs.length)} ` +
        `(${percent(low)} to ${percent(high)}) of ${runs.length}; delay mean ${mean.toFixed(0)}, median ` +
        `${delays[delays.length >> 1] ?? 0} min; glucose ${glucose.toFixed(0)} mg/dL; before harm ${percent(before / runs.length)}`,
    );
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

if (import.meta.main) benchDetection();
