import type { Finding } from '#assure/monitor/finding';
import type { Millis } from '#base/time';
import type { MgPerDl, Minutes, Percent, Units } from '#base/units';
import type { Severity } from '#model/hazard/severity';

/** Length of one step of the series of a run. */
export const SERIES_STEP_MIN: Minutes = 5;

/** What one simulated run brought, as plain data: ground truth on one side, what the platform noticed and did on the other. */
export interface RunOutcome {
  readonly startedAt: Millis;
  readonly horizonMin: Minutes;
  readonly body: BodyOutcome;
  readonly adversary: AdversaryOutcome;
  readonly platform: PlatformOutcome;
}

/** The patient's truth. */
export interface BodyOutcome {
  /** True plasma glucose at the start of each step. */
  readonly glucose: readonly MgPerDl[];
  /** Insulin asked for by whoever may ask (controller, person, caregiver) in each step. */
  readonly commanded: readonly Units[];
  /** Insulin that reached the body in each step. */
  readonly delivered: readonly Units[];
  /** Insulin of one step when the pump runs its basal profile and nothing else. */
  readonly safeBasal: Units;
  readonly tbr54: Percent;
  readonly tbr70: Percent;
  readonly tar180: Percent;
  readonly tar250: Percent;
  readonly below40: boolean;
  readonly severity: Severity;
  /** First hazardous situation, minutes from the start of the run. */
  readonly firstHazardMin: Minutes | undefined;
}

export interface AdversaryOutcome {
  readonly acts: readonly { readonly atMin: Minutes; readonly what: string }[];
  readonly firstActMin: Minutes | undefined;
  readonly therapy: InfluenceSpan;
  readonly view: InfluenceSpan;
}

export interface InfluenceSpan {
  readonly count: number;
  readonly firstMin: Minutes | undefined;
  readonly lastMin: Minutes | undefined;
  readonly firstWhat: string | undefined;
  /** Indices of the series' steps in which there was one. */
  readonly steps: readonly number[];
}

export interface PlatformOutcome {
  readonly findings: readonly Finding[];
  /** Findings beyond those kept. */
  readonly findingsDropped: number;
  readonly messages: number;
  /** Steps that the platform took against an incident, and when. */
  readonly responses: readonly { readonly atMin: Minutes; readonly what: string; readonly touchesTherapy: boolean }[];
  readonly incidents: readonly { readonly atMin: Minutes; readonly what: string }[];
  /** Minutes in which the twin showed no glucose, an old one, or one far from the truth. */
  readonly viewLostMin: Minutes;
  /** Whether the stored history, read at the end, says something else than what was recorded. */
  readonly historyForged: boolean;
}
