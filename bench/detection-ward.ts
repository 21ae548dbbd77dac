import { RULES } from '#assure/monitor/rule-table';
import { createRandom, type Random } from '#base/random';
import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { listPatientIds } from '#edge/catalog/patients';
import { defineExercise } from '#edge/exercise/define-exercise';
import { commissionWard } from '#simulate/exercise/commission-ward';
import { runWard, specificationOf } from '#simulate/exercise/run-ward';
import { clopperPearson } from '#simulate/exercise/statistics/clopper-pearson';
import { createWard, type SimulatedWard } from '#simulate/world/ward';

const WARD = 'closed-loop-home';
const ATTACK_FREE_RUNS = 5;
const FAULT_RUNS = 3;
const DAY: Minutes = 1_440;
const HORIZONS: readonly Minutes[] = [480, 720];
const LONGEST = 720;

/**
 * The whole pipeline on all 30 UVA/Padova subjects, each twin commissioned on five days of messages: false findings on other,
 * attack-free days with every monitor on, and what becomes of insulin delivery faults (the infusion set comes off at a
 * random minute: the pump reports what it pushed, nothing arrives). Published: Meneghetti 2019, 87 % at 0.08 a day; Herrero
 * 2012, 200 min.
 */
export function benchDetectionInTheWard(): void {
  const laboratory = loadLaboratory();
  const definition = defineExercise(laboratory, { what: 'replayed-remote-bolus' });
  const ward = { ...laboratory.wards.get(WARD)!, startMinute: 0 };
  const defenceSet = laboratory.defenceSets.get('monitor-only')!;
  const falseFindings = new Map<string, number>();
  const faults: Detected[] = [];
  let days = 0;
  for (const id of listPatientIds(catalogRoot)) {
    const patient = laboratory.patientOf(id);
    const commissioned = commissionWard(definition, ward, patient);
    for (let run = 0; run < ATTACK_FREE_RUNS; run += 1) {
      const outcome = runWard(definition, { ward, defenceSet, patient, run, horizonMin: DAY, commissioned });
      days += 1;
      for (const { rule } of outcome.platform.findings) falseFindings.set(rule, (falseFindings.get(rule) ?? 0) + 1);
    }
    for (let run = 0; run < FAULT_RUNS; run += 1) {
      const request = { ward, defenceSet, patient, horizonMin: 2 * DAY, commissioned };
      const specification = specificationOf(definition, request, `fault ${run}`, [...RULES.values()]);
      faults.push(...loseDelivery(createWard(specification), createRandom(`${id}/fault ${run}`)));
    }
  }
  const runs = faults.length / DETECTORS.length;
  const total = [...falseFindings.values()].reduce((sum, value) => sum + value, 0);
  console.log(`detection  30 subjects, ${days} attack-free days: ${perDay(total, days)} false findings of all rules`);
  for (const [rule, count] of [...falseFindings].sort(([, a], [, b]) => b - a)) {
    console.log(`detection    ${rule}: ${perDay(count, days)}`);
  }
  console.log(`detection  delivery lost at a random minute of the day, ${runs} times`);
  for (const [name] of DETECTORS) {
    for (const horizon of HORIZONS) {
      const found = faults.filter(({ by, afterMin }) => by === name && afterMin <= horizon);
      const { low, high } = clopperPearson(found.length, runs, 0.95);
      console.log(
        `detection    ${name}, within ${horizon / 60} h: ${found.length}/${runs} = ${percent(found.length / runs)} ` +
          `[${percent(low)}, ${percent(high)}], median ${median(found.map(({ afterMin }) => afterMin)).toFixed(0)} min ` +
          `at ${median(found.map(({ glucose }) => glucose)).toFixed(0)} mg/dL`,
      );
    }
  }
}

interface Detected {
  readonly by: string;
  /** Infinite where it was not found. */
  readonly afterMin: Minutes;
  readonly glucose: MgPerDl;
}

/** The rule that is made for it, and all that could tell. */
const DETECTORS: readonly (readonly [name: string, rules: ReadonlySet<string>])[] = [
  ['unexplained-insulin-effect alone', new Set(['unexplained-insulin-effect'])],
  ['any rule', new Set(RULES.keys())],
];

/** From a random minute on the infusion set is off. One result for each detector. */
function loseDelivery({ queue, body, platform, start }: SimulatedWard, random: Random): readonly Detected[] {
  const at = queue.now() + random.integer(6 * 60, DAY - 1) * MINUTE;
  queue.at(at, () => body.leak(1));
  start();
  queue.runUntil(at);
  const before = platform.findings.length;
  const found = new Map<string, Detected>();
  for (let minute = 5; minute <= LONGEST; minute += 5) {
    queue.runUntil(at + minute * MINUTE);
    for (const [by, rules] of DETECTORS) {
      if (found.has(by)) continue;
      const finding = platform.findings.slice(before).find(({ rule }) => rules.has(rule));
      if (finding !== undefined) {
        found.set(by, { by, afterMin: (finding.at - at) / MINUTE, glucose: body.plasmaGlucose });
      }
    }
  }
  return DETECTORS.map(([by]) => found.get(by) ?? { by, afterMin: Number.POSITIVE_INFINITY, glucose: Number.NaN });
}

const perDay = (count: number, days: number): string => `${(count / days).toFixed(3)} per patient-day`;

const percent = (fraction: number): string => `${Math.round(100 * fraction)} %`;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

if (import.meta.main) benchDetectionInTheWard();
