import type { Millis } from '#base/time';
import type { Fraction, MgPerDl, Minutes, Units } from '#base/units';
import type { Severity } from '#model/hazard/severity';

/** What came of a twin's forks: plain data, a function of the request alone. */
export interface ForkOutcome {
  /** The instant of the twin's estimate; minutes count from it. */
  readonly from: Millis;
  readonly stepMin: Minutes;
  readonly horizonMin: Minutes;
  readonly seeds: number;
  /** What of this twin the forks do not show, beside what no fork shows (`forkUnderAttack`). */
  readonly limits: readonly string[];
  readonly byDefences: readonly DefendedFork[];
}

export interface DefendedFork {
  /** Id of the defence set. */
  readonly defences: string;
  readonly unattacked: ForkCourse;
  /** Absent where no attack was asked for. */
  readonly attacked?: AttackedFork;
}

/** Over all lives. */
export interface ForkCourse {
  /** True glucose of the simulated body at the start of each step. */
  readonly glucose: {
    readonly mean: readonly MgPerDl[];
    readonly low: readonly MgPerDl[];
    readonly high: readonly MgPerDl[];
  };
  /** Insulin that reached the body in each step, mean. */
  readonly delivered: readonly Units[];
  readonly totalDelivered: Units;
  /** Proportion of the lives that were ever below 54, and above 250 mg/dL. */
  readonly everBelow54: Fraction;
  readonly everAbove250: Fraction;
  /** How many lives came to harm of that severity. */
  readonly severities: Readonly<Partial<Record<Severity, number>>>;
  readonly findings: readonly ForkFinding[];
  readonly responses: readonly ForkResponse[];
}

export interface AttackedFork extends ForkCourse {
  /** Lives in which the adversary acted at all. */
  readonly acted: number;
  /** First act, median over those. */
  readonly firstActMin?: Minutes;
  /** Lives in which the adversary had no effect on therapy. */
  readonly prevented: number;
  /** Lives worse harmed than without the adversary, and at least seriously. */
  readonly harmed: number;
  readonly detected: number;
  /** From the first act to the first finding that the adversary caused, median over the lives detected. */
  readonly detectionDelayMin?: Minutes;
  /** Lives in which the effect was ended in time, of those in which there was one. */
  readonly contained: number;
}

export interface ForkFinding {
  readonly rule: string;
  readonly thing: string;
  /** Lives in which it was raised. */
  readonly runs: number;
  /** When it was raised first, median over those. */
  readonly firstAtMin: Minutes;
}

/** What the platform did against an incident. */
export interface ForkResponse {
  readonly what: string;
  readonly runs: number;
  readonly firstAtMin: Minutes;
  readonly touchesTherapy: boolean;
}
