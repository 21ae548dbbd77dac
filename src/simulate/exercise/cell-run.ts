import type { Minutes, Percent, Units } from '#base/units';
import type { RepresentativeRun } from './exercise-report.ts';
import { judge, type RunVerdict } from './judge.ts';
import { representativeRun } from './representative-run.ts';
import { type RunOutcome, SERIES_STEP_MIN } from './run-outcome.ts';
import type { Scenario } from './scenario.ts';

/** One run of a scenario with a defence set, judged and reduced to what its cell adds up. Plain data: it crosses threads. */
export interface CellRun {
  readonly patient: string;
  readonly run: number;
  readonly verdict: RunVerdict;
  readonly attacked: BodySummary;
  readonly baseline: BodySummary;
  readonly days: number;
  /** Findings of the baseline, by rule: all of them false. */
  readonly falseFindings: readonly (readonly [rule: string, findings: number])[];
  readonly therapyLost: RunTherapyLost;
  /** As a chart shows it: kept for the first run of each class of harm only. */
  readonly shown: RepresentativeRun;
}

export interface BodySummary {
  readonly tbr54: Percent;
  readonly tbr70: Percent;
  readonly tar250: Percent;
  readonly below40: boolean;
  /** By step, mg/dL. */
  readonly glucose: Float32Array<ArrayBufferLike>;
}

/** What the defences cost an attack-free run, against the same run without any defence. */
export interface RunTherapyLost {
  readonly insulinPerDay: Units;
  readonly minutesPerDay: Minutes;
  readonly addedTbr70: Percent;
  readonly addedTar180: Percent;
}

/** The four runs that share patient and seed. */
export interface RunSet {
  readonly attacked: RunOutcome;
  readonly baseline: RunOutcome;
  /** No defences: with the adversary, and without. */
  readonly undefended: RunOutcome;
  readonly undefendedBaseline: RunOutcome;
}

/** Therapy of a step counts as changed when it differs by more than two of the pump's pulses. */
const CHANGED_UNITS: Units = 0.1;
const MINUTES_PER_DAY: Minutes = 1_440;

/** `startMin` is the minute of the day at which the run began. */
export function toCellRun(scenario: Scenario, patient: string, run: number, startMin: Minutes, runs: RunSet): CellRun {
  const { attacked, baseline, undefended } = runs;
  return {
    patient,
    run,
    verdict: judge({
      attacked,
      baseline,
      undefended,
      effect: scenario.effect,
      harmAtLeast: scenario.harmAtLeast ?? 'serious',
    }),
    attacked: summaryOf(attacked),
    baseline: summaryOf(baseline),
    days: baseline.horizonMin / MINUTES_PER_DAY,
    falseFindings: countByRule(baseline),
    therapyLost: therapyLost(baseline, runs.undefendedBaseline),
    shown: representativeRun(patient, run, startMin, runs),
  };
}

function summaryOf({ body }: RunOutcome): BodySummary {
  const { tbr54, tbr70, tar250, below40 } = body;
  return { tbr54, tbr70, tar250, below40, glucose: Float32Array.from(body.glucose) };
}

function countByRule({ platform }: RunOutcome): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const { rule } of platform.findings) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts];
}

function therapyLost(baseline: RunOutcome, undefended: RunOutcome): RunTherapyLost {
  const days = baseline.horizonMin / MINUTES_PER_DAY;
  let lost = 0;
  let changed = 0;
  for (const [step, delivered] of baseline.body.delivered.entries()) {
    const due = undefended.body.delivered[step]!;
    lost += due - delivered;
    if (Math.abs(due - delivered) > CHANGED_UNITS) changed += SERIES_STEP_MIN;
  }
  return {
    insulinPerDay: lost / days,
    minutesPerDay: changed / days,
    addedTbr70: baseline.body.tbr70 - undefended.body.tbr70,
    addedTar180: baseline.body.tar180 - undefended.body.tar180,
  };
}
