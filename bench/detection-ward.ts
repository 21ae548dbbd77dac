import { RULES } from '#assure/monitor/rule-table';
import { createRandom } from '#base/random';
import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { listPatientIds } from '#edge/catalog/patients';
import { defineExercise } from '#edge/exercise/define-exercise';
import { commissionWard } from '#simulate/exercise/commission-ward';
import { runWard, specificationOf } from '#simulate/exercise/run-ward';
import { clopperPearson } from '#simulate/exercise/statistics/clopper-pearson';
import { createWard } from '#simulate/world/ward';

const WARD = 'closed-loop-home';
const ATTACK_FREE_RUNS = 5;
const FAULT_RUNS = 3;
const DAY: Minutes = 1_440;
const HORIZON: Minutes = 720;

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
  const delays: number[] = [];
  const glucoseAtDetection: number[] = [];
  let days = 0;
  let faults = 0;
  for (const id of listPatientIds(catalogRoot)) {
    const patient = laboratory.patientOf(id);
    const commissioned = commissionWard(definition, ward, patient);
    for (let run = 0; run < ATTACK_FREE_RUNS; run += 1) {
      const outcome = runWard(definition, { ward, defenceSet, patient, run, horizonMin: DAY, commissioned });
      days += 1;
      for (const { rule } of outcome.platform.findings) falseFindings.set(rule, (falseFindings.get(rule) ?? 0) + 1);
    }
    for (let run = 0; run < FAULT_RUNS; run += 1) {
      const label = `fault ${run}`;
      const request = { ward, defenceSet, patient, horizonMin: 2 * DAY, commissioned };
      const simulated = createWard(specificationOf(definition, request, label, [...RULES.values()]));
      const startedAt = simulated.queue.now();
      const at = startedAt + createRandom(`${id}/${label}`).integer(6 * 60, DAY - 1) * MINUTE;
      simulated.queue.at(at, () => simulated.body.leak(1));
      simulated.start();
      simulated.queue.runUntil(at);
      const before = simulated.platform.findings.length;
      let found = false;
      for (let minute = 5; minute <= HORIZON && !found; minute += 5) {
        simulated.queue.runUntil(at + minute * MINUTE);
        const finding = simulated.platform.findings.slice(before).find(({ rule }) => DELIVERY_RULES.has(rule));
        if (finding === undefined) continue;
        found = true;
        delays.push((finding.at - at) / MINUTE);
        glucoseAtDetection.push(simulated.body.plasmaGlucose);
      }
      faults += 1;
    }
  }
  const total = [...falseFindings.values()].reduce((sum, value) => sum + value, 0);
  const { low, high } = clopperPearson(delays.length, faults, 0.95);
  console.log(
    `detection  30 subjects, ${days} attack-free patient-days: ${(total / days).toFixed(3)} false findings per patient-day (all rules)`,
  );
  for (const [rule, count] of [...falseFindings].sort(([, a], [, b]) => b - a)) {
    console.log(`detection    ${rule}  ${(count / days).toFixed(3)} per patient-day`);
  }
  console.log(
    `detection  delivery lost at a random minute: ${delays.length}/${faults} = ${((100 * delays.length) / faults).toFixed(0)} % ` +
      `[${(100 * low).toFixed(0)}, ${(100 * high).toFixed(0)}] found within ${HORIZON / 60} h, ` +
      `median delay ${median(delays).toFixed(0)} min at ${median(glucoseAtDetection).toFixed(0)} mg/dL`,
  );
}

/** The rules that can tell that insulin reported as delivered does not act. */
const DELIVERY_RULES: ReadonlySet<string> = new Set([
  'unexplained-insulin-effect',
  'divergence',
  'glucose-plausibility',
]);

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

if (import.meta.main) benchDetectionInTheWard();
