import type { MgPerDl, Minutes } from '#base/units';

/** When findings become an incident: `catalog/policies/incident-*.yaml`. */
export interface IncidentPolicy {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** Findings further apart do not belong together. */
  readonly adverseEventWindowMin: Minutes;
  /** An incident is declared when one of them is met; the first one that is gives the reason. */
  readonly criteria: readonly Criterion[];
}

/**
 * Met when enough findings of the adverse event fit, in a situation that fits. Findings that are merely possible
 * never count alone.
 */
export interface Criterion {
  readonly id: string;
  readonly statement: string;
  /** The least confidence of a finding that counts. */
  readonly confidence: 'certain' | 'probable';
  /** Rules whose findings count; all where absent. */
  readonly rules?: readonly string[];
  /** Which findings of a rule count, by their `what`; all where absent. */
  readonly what?: readonly string[];
  /** Whether findings of any confidence count as well, once one of the stated confidence is there. */
  readonly corroborated?: boolean;
  /** How many different rules must have found something. */
  readonly distinctRules: number;
  readonly withinMin: Minutes;
  /** Only while glucose is below; an unknown glucose is not. */
  readonly glucoseBelowMgPerDl?: MgPerDl;
  /** Only while the last reading is below the one before. */
  readonly falling?: boolean;
}
