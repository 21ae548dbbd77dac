import type { Fraction } from '#base/units';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { listPatientIds } from '#edge/catalog/patients';
import { defineExercise } from '#edge/exercise/define-exercise';
import { HAZARDS, type Hazard } from '#mirror/twin/hazard';
import { commissionWard } from '#simulate/exercise/commission-ward';
import { inverseIncompleteBeta } from '#simulate/exercise/statistics/incomplete-beta';
import { type Decision, decisionsOf } from './reliability/decisions.ts';

/**
 * Whether a stated risk comes true as often as it says. The protocol was written down before the report was run:
 *
 * - All 30 UVA/Padova subjects in each of two wards. Each twin is commissioned on five attack-free days; everything drawn at
 *   random, those days included, is of a seed of its own. Seeds 101 to 103 were used to choose the constants of `risk-scores.ts`,
 *   `nearness.ts` and `hazard-risk.ts`; 2031 was run once, for the table.
 * - Ten lives of six days for each subject; half a day of each is run-in: 1,650 days in each ward.
 * - Decisions as in `reliability/decisions.ts`: a command every second day, and doing nothing every four hours but for the day after
 *   a command. No windows overlap.
 * - True: the simulated body's plasma glucose, minute by minute, is beyond the level within four hours of the decision.
 * - Decisions are put into bins by the risk that was stated. A bin is kept when the mean of the stated risks lies in the exact 95 %
 *   interval of the proportion that came true. Decisions about one subject share one model, so that the number of decisions is
 *   divided by the design effect of the subjects: Korn and Graubard, Surv Methodol 24 (1998) 193-201.
 */
interface Protocol {
  readonly name: string;
  readonly seed: number;
  readonly lives: number;
}

export const REPORT: Protocol = { name: 'report', seed: 2031, lives: 10 };
const TUNING: Protocol = { name: 'tuning', seed: 103, lives: 4 };

const WARDS = ['closed-loop-home', 'basal-bolus-home'];
const DAYS_PER_LIFE = 6;
/** Each bin reaches from one bound to the next. */
const BINS: readonly { readonly name: string; readonly from: Fraction; readonly to: Fraction }[] = [
  { name: '2 %', from: 0.01, to: 0.035 },
  { name: '5 %', from: 0.035, to: 0.075 },
  { name: '10 %', from: 0.075, to: 0.15 },
  { name: '20 %', from: 0.15, to: 0.25 },
  { name: '30 %', from: 0.25, to: 0.375 },
  { name: '50 %', from: 0.375, to: 0.625 },
];
const CONFIDENCE: Fraction = 0.95;
/** Told apart by what was asked. */
const PRINCIPAL = 'below-70';

export function benchReliability(protocol: Protocol = REPORT): void {
  const laboratory = loadLaboratory();
  const definition = defineExercise(laboratory, { what: 'replayed-remote-bolus', seed: protocol.seed });
  const patients = listPatientIds(catalogRoot);
  for (const wardId of WARDS) {
    const ward = laboratory.wards.get(wardId)!;
    const bySubject = patients.map((id) => {
      const patient = laboratory.patientOf(id);
      const commissioned = commissionWard(definition, ward, patient);
      const lives = Array.from({ length: protocol.lives }, (_, life) => `reliability ${protocol.name} ${life}`);
      return lives.flatMap((label) =>
        decisionsOf({ definition, ward, patient, commissioned, label, days: DAYS_PER_LIFE }),
      );
    });
    const days = patients.length * protocol.lives * (DAYS_PER_LIFE - 0.5);
    const all = bySubject.flat();
    const untold = all.filter(({ stated }) => stated === undefined).length;
    console.log(
      `reliability  ${wardId}, ${protocol.name}, seed ${protocol.seed}: ${patients.length} subjects, ${days} days, ` +
        `${all.length} decisions, ${untold} of them without a risk`,
    );
    for (const hazard of HAZARDS) {
      printTable(hazard, 'all', bySubject);
      if (hazard.situation !== PRINCIPAL) continue;
      const without = (decision: Decision): boolean => decision.command === 'none';
      printTable(hazard, 'nothing done', only(bySubject, without));
      printTable(
        hazard,
        'commands',
        only(bySubject, (decision) => !without(decision)),
      );
    }
  }
}

const only = (bySubject: readonly (readonly Decision[])[], which: (decision: Decision) => boolean) =>
  bySubject.map((decisions) => decisions.filter(which));

function printTable(hazard: Hazard, name: string, bySubject: readonly (readonly Decision[])[]): void {
  const came = bySubject.map((decisions) => decisions.flatMap((decision) => outcomeOf(decision, hazard)));
  for (const { name: bin, from, to } of BINS) {
    const inBin = came.map((outcomes) => outcomes.filter(({ stated }) => stated >= from && stated < to));
    const all = inBin.flat();
    if (all.length === 0) continue;
    const stated = all.reduce((sum, outcome) => sum + outcome.stated, 0) / all.length;
    const { observed, low, high } = observe(inBin.map((outcomes) => outcomes.map(({ passed }) => passed)));
    console.log(
      `reliability    ${hazard.situation}, ${name}, about ${bin}: stated ${percent(stated)} in ${all.length}, ` +
        `came true in ${percent(observed)} (${percent(low)} to ${percent(high)}) ${stated >= low && stated <= high ? 'kept' : 'NOT KEPT'}`,
    );
  }
}

function outcomeOf({ stated, lowest, highest }: Decision, { situation, side, level }: Hazard) {
  const risk = stated?.find((told) => told.situation === situation);
  if (risk === undefined) return [];
  return [{ stated: risk.probability, passed: side === 'below' ? lowest < level : highest > level }];
}

/** The proportion that came true, with its exact interval for the effective number of decisions. */
function observe(bySubject: readonly (readonly boolean[])[]) {
  const passed = bySubject.map((outcomes) => outcomes.filter(Boolean).length);
  const total = sum(passed);
  const count = sum(bySubject.map(({ length }) => length));
  const observed = total / count;
  const subjects = bySubject.filter(({ length }) => length > 0).length;
  // Of a ratio estimate between clusters, against that of independent draws.
  const between = sum(bySubject.map(({ length }, index) => (passed[index]! - observed * length) ** 2)) / count ** 2;
  const alone = (observed * (1 - observed)) / count;
  const designEffect = alone > 0 ? Math.max(1, ((subjects / (subjects - 1)) * between) / alone) : 1;
  const n = count / designEffect;
  const k = observed * n;
  const tail = (1 - CONFIDENCE) / 2;
  return {
    observed,
    low: k === 0 ? 0 : inverseIncompleteBeta(tail, k, n - k + 1),
    high: k === n ? 1 : 1 - inverseIncompleteBeta(tail, n - k, k + 1),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const percent = (fraction: Fraction): string => `${(100 * fraction).toFixed(1)} %`;

if (import.meta.main) benchReliability(process.argv.includes('tuning') ? TUNING : REPORT);
