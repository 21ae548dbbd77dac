import type { MgPerDl, Minutes } from '#base/units';

/** What to do about one class of incident: `catalog/playbooks/*.yaml`. */
export interface Playbook {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  /** Why this much and no more: what it costs in therapy against the harm it averts. */
  readonly proportionality: string;
  /** Among the playbooks that findings call for, the one with the highest precedence is chosen. */
  readonly precedence: number;
  readonly triggers: readonly Trigger[];
  /** In the order in which they are taken. */
  readonly steps: readonly Step[];
  readonly recovery: Recovery;
}

/** Which findings call for the playbook: all parts that are present must fit. */
export interface Trigger {
  readonly rules?: readonly string[];
  readonly things?: readonly string[];
  readonly what?: readonly string[];
}

export type Step = StepAction & {
  /** Since the incident was declared, or became active again. */
  readonly afterMin: Minutes;
  /** Taken only when findings have come in since then: what was done before did not suffice. */
  readonly ifStillActive?: boolean;
};

export type StepAction =
  | { readonly kind: 'refuse-remote-commands'; readonly forMin: Minutes }
  | { readonly kind: 'fall-back-to-safe-basal'; readonly durationMin: Minutes }
  | { readonly kind: 'revoke-link'; readonly peer: 'handset' | 'remote' }
  | { readonly kind: 'alert-patient'; readonly text: string }
  | { readonly kind: 'alert-staff'; readonly text: string };

/** When each phase is over. Staff may say so earlier. */
export interface Recovery {
  /** No further finding for this long, with every step taken that was due. */
  readonly containedAfterQuietMin: Minutes;
  readonly eradicatedAfterQuietMin: Minutes;
  /** Glucose within the range, by fresh readings, for this long. */
  readonly recoveredInRange: { readonly low: MgPerDl; readonly high: MgPerDl; readonly forMin: Minutes };
  /** Since it recovered. */
  readonly closedAfterMin: Minutes;
}
