import type { Explanation } from '#base/explanation';
import type { Millis } from '#base/time';
import type { ThingId } from '#model/thing/thing-id';

/**
 * What a monitor rule noticed, and why. A single finding is never an incident. INVARIANT: what devices report, and all that is
 * derived of it, stands under `reported`.
 */
export interface Finding extends Explanation {
  readonly kind: 'Finding';
  /** The rule that raised it. */
  readonly rule: string;
  /** What it is about. */
  readonly thing: ThingId;
  readonly at: Millis;
  /**
   * How far the rule's evidence reaches: `certain` cannot happen without tampering or a defect; `probable` is rare in
   * attack-free operation; `possible` happens there now and then.
   */
  readonly confidence: 'certain' | 'probable' | 'possible';
  /** Which of the rule's findings it is, where it has several: playbooks and incident criteria go by it. */
  readonly what?: string;
}
