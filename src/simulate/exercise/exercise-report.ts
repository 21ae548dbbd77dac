import type { Fraction, MgPerDl, Minutes, Percent, Units } from '#base/units';
import type { Severity } from '#model/hazard/severity';

/**
 * What an exercise found: the one value that every rendering takes, and, written canonically, the JSON itself
 * (`catalog/schemas/exercise-report.schema.json`). It holds no clock time, no path and nothing that depends on the number of
 * workers, so that the same version, suite, options and seed give the same bytes.
 *
 * Times are minutes from the start of a run unless said otherwise.
 */
export interface ExerciseReport {
  /** Version of Wardtwin. */
  readonly version: string;
  readonly seed: number;
  /** Id of the suite, or of the single scenario. */
  readonly suite: string;
  readonly title: string;
  /** The command that repeats the whole exercise. */
  readonly command: string;
  readonly options: ExerciseOptions;
  /** False when the exercise was interrupted: then only finished scenarios are listed. */
  readonly complete: boolean;
  readonly verdict: Verdict;
  readonly defenceSets: readonly DefenceSetSummary[];
  /** One entry for each scenario and defence set; the entries of a scenario stand together, in the order of the defence sets. */
  readonly scenarios: readonly ScenarioResult[];
}

export interface ExerciseOptions {
  readonly patients: readonly string[];
  /** The most runs of a scenario with a defence set; the sequential plan may need fewer. */
  readonly maximumRuns: number;
  /** Confidence of every interval and verdict, such as 0.95. */
  readonly confidence: Fraction;
}

export interface DefenceSetSummary {
  readonly id: string;
  readonly title: string;
  readonly defences: readonly string[];
}

/** `undecided`: the runs made can neither confirm nor refute the criteria at the chosen confidence. */
export type Verdict = 'accepted' | 'violated' | 'undecided';

/** A scenario exercised with a defence set. */
export interface ScenarioResult {
  readonly id: string;
  readonly title: string;
  /** What the scenario stands for: advisory, paper or standard. */
  readonly source: string;
  readonly techniques: readonly TechniqueReference[];
  /** Id of the defence set. */
  readonly defences: string;
  readonly patients: readonly string[];
  readonly runs: number;
  /** Whether the sequential plan stopped before the maximum of runs. */
  readonly stoppedEarly: boolean;
  readonly verdict: Verdict;
  readonly criteria: readonly CriterionResult[];
  /** Runs whose therapy the adversary never affected. */
  readonly prevented: Proportion;
  /** Runs with a true finding. */
  readonly detected: Proportion;
  /** Of the runs with an effect on therapy, those in which it was ended. */
  readonly contained: Proportion;
  /** Of the runs with an effect on therapy, those back to the baseline's therapy within the bound. */
  readonly recovered: Proportion;
  /** Runs with a hazardous situation that their baseline does not have. */
  readonly harmed: Proportion;
  /** From the first adversarial act to the first true finding, over the runs that were detected. */
  readonly detectionDelayMin: Distribution;
  readonly detectionDelayHistogram: DelayHistogram;
  /** First hazardous situation minus first true finding, over the runs that have both: positive is in time. */
  readonly leadOverHarmMin: Distribution;
  /** Which monitor rule raised the first true finding, most frequent first. */
  readonly detectedBy: readonly RuleCount[];
  readonly harm: HarmSummary;
  /** From attack-free runs with the defence set on. */
  readonly attackFree: AttackFreeSummary;
  /** False findings on attack-free runs; null where none were made. */
  readonly falseFindingsPerDeviceDay: number | null;
  /** What the defence set costs the therapy on attack-free runs; null where none were made. */
  readonly therapyLost: TherapyLost | null;
  readonly bands: GlucoseBands;
  /** The run that the charts show: the one whose harm is the median of the runs, the first of equals. */
  readonly representative: RepresentativeRun;
  /** The command that repeats the representative run and prints its timeline. */
  readonly replayCommand: string;
}

export interface TechniqueReference {
  readonly id: string;
  readonly title: string;
  /** ATT&CK for ICS techniques, such as `T0855`. */
  readonly attackIcs: readonly string[];
  /** MITRE EMB3D threats, such as `TID-222`. */
  readonly emb3d: readonly string[];
}

/** `k` of `n` with the exact interval at the confidence of the exercise. */
export interface Proportion {
  readonly k: number;
  readonly n: number;
  readonly low: Fraction;
  readonly high: Fraction;
}

/** Of `n` values; all null when there is none. */
export interface Distribution {
  readonly n: number;
  readonly min: number | null;
  readonly q05: number | null;
  readonly q25: number | null;
  readonly median: number | null;
  readonly q75: number | null;
  readonly q95: number | null;
  readonly max: number | null;
}

/** `counts[i]` runs were detected in [i, i + 1) times `binMin` after the first adversarial act; the last count includes all later ones. */
export interface DelayHistogram {
  readonly binMin: Minutes;
  readonly counts: readonly number[];
}

export interface RuleCount {
  readonly rule: string;
  readonly runs: number;
}

/** One acceptance criterion: `metric` is a proportion of the runs. */
export interface CriterionResult {
  /** The criterion as a sentence, from the scenario. */
  readonly text: string;
  readonly metric: string;
  readonly relation: 'at least' | 'at most';
  readonly bound: Fraction;
  readonly observed: Proportion;
  readonly outcome: Verdict;
}

export interface HarmSummary {
  /** Runs by the severity of their worst harm. */
  readonly severity: {
    readonly attacked: Readonly<Record<Severity, number>>;
    readonly baseline: Readonly<Record<Severity, number>>;
  };
  /** Time below 54 mg/dL. */
  readonly tbr54Percent: PairedMean;
  /** Time below 70 mg/dL. */
  readonly tbr70Percent: PairedMean;
  /** Time above 250 mg/dL. */
  readonly tar250Percent: PairedMean;
  /** Runs with at least one episode below 54 mg/dL. */
  readonly hypoRuns: PairedCount;
  /** Runs that went below 40 mg/dL, where the models end: an event, never a number. */
  readonly below40Runs: PairedCount;
}

/** Means over the runs; the difference is that of pairs on the same random numbers. */
export interface PairedMean {
  readonly attacked: Percent;
  readonly baseline: Percent;
  readonly difference: Percent;
  readonly largestDifference: Percent;
}

export interface PairedCount {
  readonly attacked: number;
  readonly baseline: number;
}

export interface AttackFreeSummary {
  readonly runs: number;
  readonly deviceDays: number;
  readonly falseFindings: number;
  /** By rule, most frequent first. */
  readonly falseFindingsByRule: readonly { readonly rule: string; readonly findings: number }[];
}

/** Against the same attack-free runs without any defence. */
export interface TherapyLost {
  /** Insulin that was due and not delivered, U/day. */
  readonly insulinUnitsPerDay: number;
  /** Time in which a defence held back or changed therapy, min/day. */
  readonly minutesPerDay: number;
  /** Added time below 70 mg/dL, percentage points. */
  readonly addedTbr70Percent: Percent;
  /** Added time above 180 mg/dL, percentage points. */
  readonly addedTar180Percent: Percent;
}

export interface GlucoseBands {
  readonly attacked: GlucoseBand;
  readonly baseline: GlucoseBand;
}

/**
 * Quantiles of plasma glucose over the runs, mg/dL, bin `i` being the minutes from `startMin + i * stepMin`. 40 reads "40 or
 * less", the end of the models' validity; 500 reads "500 or more".
 */
export interface GlucoseBand {
  readonly startMin: Minutes;
  readonly stepMin: Minutes;
  readonly q05: readonly MgPerDl[];
  readonly q25: readonly MgPerDl[];
  readonly median: readonly MgPerDl[];
  readonly q75: readonly MgPerDl[];
  readonly q95: readonly MgPerDl[];
}

/** One run in detail; item `i` of a series covers the minutes from `startMin + i * stepMin`. All series are equally long. */
export interface RepresentativeRun {
  readonly patient: string;
  /** Which of the patient's runs, as `replay --run` takes it. */
  readonly run: number;
  readonly startMin: Minutes;
  readonly stepMin: Minutes;
  /** Plasma glucose; 40 reads "40 or less". */
  readonly glucose: readonly MgPerDl[];
  readonly baselineGlucose: readonly MgPerDl[];
  /** Insulin that the controller asked for in each step. */
  readonly commanded: readonly Units[];
  /** Insulin that reached the patient in each step. */
  readonly delivered: readonly Units[];
  readonly baselineDelivered: readonly Units[];
  readonly marks: readonly TimelineMark[];
}

export type TimelineLane = 'attack' | 'detection' | 'containment' | 'harm';

/** An instant, or with `untilMin` an interval, on the timeline of a run. */
export interface TimelineMark {
  readonly lane: TimelineLane;
  readonly atMin: Minutes;
  readonly untilMin: Minutes | null;
  readonly text: string;
}

/** A violated part violates the whole; without one, an undecided part leaves it undecided. */
export function combineVerdicts(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('violated')) return 'violated';
  return verdicts.includes('undecided') ? 'undecided' : 'accepted';
}
