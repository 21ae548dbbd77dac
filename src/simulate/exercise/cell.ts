import type { Minutes } from '#base/units';
import { SEVERITIES, type Severity } from '#model/hazard/severity';
import type { CellRun } from './cell-run.ts';
import type { RepresentativeRun } from './exercise-report.ts';
import type { RunVerdict } from './judge.ts';
import { SERIES_STEP_MIN } from './run-outcome.ts';
import type { Criterion } from './scenario.ts';
import { type BandCounts, createBand, recordGlucose } from './statistics/band.ts';
import { createHistogram, type Histogram, recordValue } from './statistics/histogram.ts';
import { createTally, type Tally, tallyValue } from './statistics/tally.ts';

/** One scenario with one defence set: what is added up over its runs, in memory that does not grow with them. */
export interface CellTotals {
  runs: number;
  readonly criteria: { k: number; n: number }[];
  readonly counts: Record<'prevented' | 'detected' | 'harmed' | 'viewLost' | 'detectedBeforeHarm', number>;
  readonly contained: { k: number; n: number };
  readonly recovered: { k: number; n: number };
  readonly detectionDelay: Histogram;
  readonly leadOverHarm: Histogram;
  readonly detectedBy: Map<string, number>;
  readonly severity: Record<'attacked' | 'baseline', Record<Severity, number>>;
  readonly paired: Record<'tbr54' | 'tbr70' | 'tar250', Record<'attacked' | 'baseline' | 'difference', Tally>>;
  readonly hypoRuns: { attacked: number; baseline: number };
  readonly below40Runs: { attacked: number; baseline: number };
  readonly attackFree: { runs: number; deviceDays: Tally; findings: Map<string, number> };
  readonly therapyLost: Record<'insulin' | 'minutes' | 'addedTbr70' | 'addedTar180', Tally>;
  readonly bands: Record<'attacked' | 'baseline', BandCounts>;
  /** The first run of each class of harm, a percentage point wide: the median one is found without keeping them all. */
  readonly exemplars: Map<number, { count: number; readonly shown: RepresentativeRun }>;
}

/** Things that report in a ward: glucose monitor, pump, handset, gateway. */
const DEVICES_PER_WARD = 4;
const DELAY_AXIS = { low: 0, high: 1_440, bins: 288 };
const LEAD_AXIS = { low: -1_440, high: 1_440, bins: 576 };
export function createCellTotals(criteria: number, startMin: Minutes, steps: number): CellTotals {
  const pair = () => ({ attacked: createTally(), baseline: createTally(), difference: createTally() });
  const severities = () => Object.fromEntries(SEVERITIES.map((severity) => [severity, 0])) as Record<Severity, number>;
  return {
    runs: 0,
    criteria: Array.from({ length: criteria }, () => ({ k: 0, n: 0 })),
    counts: { prevented: 0, detected: 0, harmed: 0, viewLost: 0, detectedBeforeHarm: 0 },
    contained: { k: 0, n: 0 },
    recovered: { k: 0, n: 0 },
    detectionDelay: createHistogram(DELAY_AXIS),
    leadOverHarm: createHistogram(LEAD_AXIS),
    detectedBy: new Map(),
    severity: { attacked: severities(), baseline: severities() },
    paired: { tbr54: pair(), tbr70: pair(), tar250: pair() },
    hypoRuns: { attacked: 0, baseline: 0 },
    below40Runs: { attacked: 0, baseline: 0 },
    attackFree: { runs: 0, deviceDays: createTally(), findings: new Map() },
    therapyLost: {
      insulin: createTally(),
      minutes: createTally(),
      addedTbr70: createTally(),
      addedTar180: createTally(),
    },
    bands: {
      attacked: createBand(startMin, SERIES_STEP_MIN, steps),
      baseline: createBand(startMin, SERIES_STEP_MIN, steps),
    },
    exemplars: new Map(),
  };
}

/** Adds one run. The order of runs does not matter for any figure but the choice of exemplars, which takes the first. */
export function addRun(totals: CellTotals, run: CellRun, criteria: readonly Criterion[], startMin: Minutes): void {
  const { verdict, attacked, baseline } = run;
  totals.runs += 1;
  for (const [index, criterion] of criteria.entries()) count(totals.criteria[index]!, meets(criterion, verdict));
  for (const name of ['prevented', 'detected', 'harmed', 'viewLost', 'detectedBeforeHarm'] as const) {
    if (verdict[name]) totals.counts[name] += 1;
  }
  count(totals.contained, verdict.contained);
  count(totals.recovered, verdict.recovered);
  if (verdict.detectionDelayMin !== undefined) recordValue(totals.detectionDelay, verdict.detectionDelayMin);
  if (verdict.leadOverHarmMin !== undefined) recordValue(totals.leadOverHarm, verdict.leadOverHarmMin);
  if (verdict.detectedBy !== undefined) increment(totals.detectedBy, verdict.detectedBy, 1);
  addHarm(totals, run);
  addCost(totals, run);
  for (const [step, glucose] of attacked.glucose.entries()) {
    recordGlucose(totals.bands.attacked, startMin + step * SERIES_STEP_MIN, glucose);
  }
  for (const [step, glucose] of baseline.glucose.entries()) {
    recordGlucose(totals.bands.baseline, startMin + step * SERIES_STEP_MIN, glucose);
  }
}

/** Whether a run counts for a criterion's proportion; undefined where the question does not arise. */
function meets(criterion: Criterion, verdict: RunVerdict): boolean | undefined {
  if (criterion.metric === 'detectedWithin') {
    return verdict.detectionDelayMin !== undefined && verdict.detectionDelayMin <= criterion.withinMin;
  }
  return verdict[criterion.metric];
}

function addHarm(totals: CellTotals, { verdict, attacked, baseline, shown }: CellRun): void {
  totals.severity.attacked[verdict.severity] += 1;
  totals.severity.baseline[verdict.baselineSeverity] += 1;
  for (const name of ['tbr54', 'tbr70', 'tar250'] as const) {
    tallyValue(totals.paired[name].attacked, attacked[name]);
    tallyValue(totals.paired[name].baseline, baseline[name]);
    tallyValue(totals.paired[name].difference, attacked[name] - baseline[name]);
  }
  if (attacked.tbr54 > 0) totals.hypoRuns.attacked += 1;
  if (baseline.tbr54 > 0) totals.hypoRuns.baseline += 1;
  if (attacked.below40) totals.below40Runs.attacked += 1;
  if (baseline.below40) totals.below40Runs.baseline += 1;
  const key = Math.round(attacked.tbr54 + attacked.tar250);
  const exemplar = totals.exemplars.get(key);
  if (exemplar === undefined) totals.exemplars.set(key, { count: 1, shown });
  else exemplar.count += 1;
}

function addCost(totals: CellTotals, { days, falseFindings, therapyLost }: CellRun): void {
  totals.attackFree.runs += 1;
  tallyValue(totals.attackFree.deviceDays, days * DEVICES_PER_WARD);
  for (const [rule, findings] of falseFindings) increment(totals.attackFree.findings, rule, findings);
  tallyValue(totals.therapyLost.insulin, therapyLost.insulinPerDay);
  tallyValue(totals.therapyLost.minutes, therapyLost.minutesPerDay);
  tallyValue(totals.therapyLost.addedTbr70, therapyLost.addedTbr70);
  tallyValue(totals.therapyLost.addedTar180, therapyLost.addedTar180);
}

/** The run whose harm is the median over the runs. */
export function representative(totals: CellTotals): RepresentativeRun | undefined {
  let before = 0;
  for (const [, exemplar] of [...totals.exemplars].sort(([left], [right]) => left - right)) {
    before += exemplar.count;
    if (2 * before >= totals.runs) return exemplar.shown;
  }
  return undefined;
}

function count(proportion: { k: number; n: number }, holds: boolean | undefined): void {
  if (holds === undefined) return;
  proportion.n += 1;
  if (holds) proportion.k += 1;
}

function increment(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
