import type { Millis } from '#base/time';
import type { ThingId } from '#model/thing/thing-id';

/** What a monitor rule noticed. A single finding is never an incident. */
export interface Finding {
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
  /** One sentence for the reader, with the values. No personal data beyond the values themselves. */
  readonly statement: string;
  readonly values: Readonly<Record<string, number | string | boolean>>;
}
