import type { Finding } from '#assure/monitor/finding';
import { MINUTE } from '#base/time';
import type { Minutes, Units } from '#base/units';
import { type Severity, severityRank } from '#model/hazard/severity';
import { type RunOutcome, SERIES_STEP_MIN } from './run-outcome.ts';

/** What therapy is: insulin delivered in total, compared between a run and its baseline. Half of a usual correction. */
const THERAPY_TOLERANCE: Units = 0.5;
/** A finding of the attacked run is the baseline's own if the baseline has one of that rule on that thing this close. */
const SAME_FINDING_MIN: Minutes = 30;
/** Containment holds if the adversary's last effect lies at most this long after the first true finding. */
const CONTAINMENT_BOUND_MIN: Minutes = 60;
/** Recovery: this long before the end of the run, glucose is in range or near the baseline's, and stays. */
const RECOVERY_WINDOW_MIN: Minutes = 30;
const STEPS_PER_HOUR = 60 / SERIES_STEP_MIN;
const RECOVERY_TOLERANCE_MG_PER_DL = 30;
/** Losing the twin's view for less than this is what radio and network do anyway. */
const VIEW_TOLERANCE_MIN: Minutes = 30;

/** The verdict of one exercise: a run judged against its baseline, and against what would have happened undefended. */
export interface RunVerdict {
  readonly prevented: boolean;
  readonly harmed: boolean;
  readonly viewLost: boolean;
  readonly detected: boolean;
  readonly detectedBy: string | undefined;
  readonly detectedMin: Minutes | undefined;
  /** From the first adversarial act. */
  readonly detectionDelayMin: Minutes | undefined;
  /** On the harm clock: first hazardous situation of the undefended attacked run minus first true finding. */
  readonly leadOverHarmMin: Minutes | undefined;
  readonly detectedBeforeHarm: boolean;
  /** Undefined where the adversary had no effect on therapy. */
  readonly contained: boolean | undefined;
  readonly recovered: boolean | undefined;
  readonly severity: Severity;
  readonly baselineSeverity: Severity;
}

export interface JudgedRuns {
  readonly attacked: RunOutcome;
  /** Same seed and defences, no adversary. */
  readonly baseline: RunOutcome;
  /** Same seed and adversary, no defences: it sets the harm clock. */
  readonly undefended: RunOutcome;
  /** Where the scenario's success shows. */
  readonly effect: 'therapy' | 'view';
  /** Harm counts from this severity on. */
  readonly harmAtLeast: Severity;
}

export function judge(runs: JudgedRuns): RunVerdict {
  const { attacked, baseline } = runs;
  const trueFinding = firstTrueFinding(attacked, baseline);
  const detectedMin = trueFinding === undefined ? undefined : minuteOf(attacked, trueFinding);
  const firstAct = attacked.adversary.firstActMin;
  const viewLost =
    attacked.platform.viewLostMin - baseline.platform.viewLostMin >= VIEW_TOLERANCE_MIN ||
    attacked.platform.historyForged;
  const affected = therapyAffected(attacked, baseline);
  const harmClock = runs.undefended.body.firstHazardMin;
  const leadOverHarmMin =
    detectedMin === undefined || harmClock === undefined || firstAct === undefined || harmClock < firstAct
      ? undefined
      : harmClock - detectedMin;
  return {
    prevented: runs.effect === 'therapy' ? !affected : !viewLost,
    harmed:
      severityRank(attacked.body.severity) > severityRank(baseline.body.severity) &&
      severityRank(attacked.body.severity) >= severityRank(runs.harmAtLeast),
    viewLost,
    detected: detectedMin !== undefined,
    detectedBy: trueFinding?.rule,
    detectedMin,
    detectionDelayMin: detectedMin === undefined || firstAct === undefined ? undefined : detectedMin - firstAct,
    leadOverHarmMin,
    detectedBeforeHarm:
      detectedMin !== undefined && (leadOverHarmMin === undefined ? harmClock === undefined : leadOverHarmMin >= 0),
    contained: affected ? contained(attacked, baseline, detectedMin) : undefined,
    recovered: affected ? recovered(attacked, baseline) : undefined,
    severity: attacked.body.severity,
    baselineSeverity: baseline.body.severity,
  };
}

const minuteOf = (run: RunOutcome, finding: Finding): Minutes => (finding.at - run.startedAt) / MINUTE;

/**
 * The first finding that the adversary caused: raised after its first act and absent from the baseline, which draws the same
 * random numbers.
 */
export function firstTrueFinding(attacked: RunOutcome, baseline: RunOutcome): Finding | undefined {
  const firstAct = attacked.adversary.firstActMin;
  if (firstAct === undefined) return undefined;
  return attacked.platform.findings.find(
    (finding) =>
      minuteOf(attacked, finding) >= firstAct &&
      !baseline.platform.findings.some(
        (other) =>
          other.rule === finding.rule &&
          other.thing === finding.thing &&
          Math.abs(other.at - finding.at) <= SAME_FINDING_MIN * MINUTE,
      ),
  );
}

/**
 * Whether the adversary's action took effect on therapy: insulin delivered came to differ from the baseline's after an
 * adversarial influence. Once the platform has responded before any influence, the running total differs by that defence's
 * cost too: then only an hour with influence counts, whose therapy is neither the baseline's nor the safe profile. A response
 * that the baseline has too makes no difference between the two.
 */
function therapyAffected(attacked: RunOutcome, baseline: RunOutcome): boolean {
  const firstInfluence = attacked.adversary.therapy.firstMin;
  if (firstInfluence === undefined) return false;
  const firstResponse = attacked.platform.responses.find(
    ({ touchesTherapy, atMin }) =>
      touchesTherapy &&
      !baseline.platform.responses.some(
        (other) => other.touchesTherapy && Math.abs(other.atMin - atMin) <= SAME_FINDING_MIN,
      ),
  )?.atMin;
  if (firstResponse !== undefined && firstResponse < firstInfluence) return lastEffectMin(attacked, baseline) > 0;
  let difference = 0;
  for (let step = 0; step < attacked.body.delivered.length; step += 1) {
    difference += attacked.body.delivered[step]! - baseline.body.delivered[step]!;
    if (Math.abs(difference) > THERAPY_TOLERANCE && (step + 1) * SERIES_STEP_MIN >= firstInfluence) return true;
  }
  return false;
}

/** Whether the adversary's last effect on therapy lies at most the bound after the first true finding. */
function contained(attacked: RunOutcome, baseline: RunOutcome, detectedMin: Minutes | undefined): boolean {
  if (detectedMin === undefined) return false;
  return lastEffectMin(attacked, baseline) <= detectedMin + CONTAINMENT_BOUND_MIN;
}

/**
 * The end of the last hour in which the adversary had influence and therapy was neither the baseline's nor the safe basal
 * profile: an input that is still forged, but that no insulin follows any more, has no effect.
 */
function lastEffectMin({ adversary, body }: RunOutcome, baseline: RunOutcome): Minutes {
  const influenced = new Set(adversary.therapy.steps);
  let last = 0;
  for (let from = 0; from < body.delivered.length; from += STEPS_PER_HOUR) {
    let hadInfluence = false;
    let delivered = 0;
    let due = 0;
    let safe = 0;
    const to = Math.min(from + STEPS_PER_HOUR, body.delivered.length);
    for (let step = from; step < to; step += 1) {
      hadInfluence ||= influenced.has(step);
      delivered += body.delivered[step]!;
      due += baseline.body.delivered[step]!;
      safe += body.safeBasal;
    }
    const tolerance = THERAPY_TOLERANCE / 2;
    if (hadInfluence && Math.abs(delivered - due) > tolerance && Math.abs(delivered - safe) > tolerance) {
      last = to * SERIES_STEP_MIN;
    }
  }
  return last;
}

function recovered(attacked: RunOutcome, baseline: RunOutcome): boolean {
  const steps = attacked.body.glucose.length;
  if (lastEffectMin(attacked, baseline) > attacked.horizonMin - RECOVERY_WINDOW_MIN) return false;
  for (let step = steps - RECOVERY_WINDOW_MIN / SERIES_STEP_MIN; step < steps; step += 1) {
    const glucose = attacked.body.glucose[step]!;
    const near = Math.abs(glucose - baseline.body.glucose[step]!) <= RECOVERY_TOLERANCE_MG_PER_DL;
    if (!near && (glucose < 70 || glucose > 180)) return false;
  }
  return true;
}
