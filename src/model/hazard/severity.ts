import type { GlycaemicMetrics } from './glycaemic-metrics.ts';

/**
 * Severity of harm, mildest first: the five qualitative levels ISO/TR 24971:2020 gives as its example for ISO 14971:2019. It
 * belongs to harm, never to a finding.
 */
export const SEVERITIES = ['negligible', 'minor', 'serious', 'critical', 'catastrophic'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** 0 for negligible to 4 for catastrophic. */
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);

/** The measures a criterion may rest on. */
export type GlycaemicMeasure = Extract<
  keyof GlycaemicMetrics,
  | 'minutesBelow70'
  | 'minutesBelow54'
  | 'minutesBelow40'
  | 'minutesAbove180'
  | 'minutesAbove250'
  | 'minutesAbove300'
  | 'lbgi'
  | 'hbgi'
>;

/** One row of `catalog/policies/severity-glycaemia.yaml`. */
export interface SeverityCriterion {
  readonly id: string;
  readonly severity: Severity;
  readonly measure: GlycaemicMeasure;
  /** Met when the measure is at least this, in the measure's own unit. */
  readonly atLeast: number;
  readonly statement: string;
  readonly source: string;
  /** Whether the source itself draws this line; otherwise it is the project's own, to be judged by a clinician. */
  readonly verified: boolean;
}

/** A class with the criteria that determined it; none for `negligible`. */
export interface SeverityVerdict {
  readonly severity: Severity;
  readonly determinedBy: readonly SeverityCriterion[];
}

/** The worst class of which a criterion is met; negligible when none is. */
export function classifySeverity(
  metrics: Pick<GlycaemicMetrics, GlycaemicMeasure>,
  criteria: readonly SeverityCriterion[],
): SeverityVerdict {
  const met = criteria.filter((criterion) => metrics[criterion.measure] >= criterion.atLeast);
  const worst = met.reduce((rank, criterion) => Math.max(rank, severityRank(criterion.severity)), 0);
  return {
    severity: SEVERITIES[worst]!,
    determinedBy: met.filter((criterion) => severityRank(criterion.severity) === worst),
  };
}
