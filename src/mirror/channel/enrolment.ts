import type { EnrolmentKey } from '#model/thing/enrolment-key';
import type { ThingId } from '#model/thing/thing-id';

/** What the platform knows about a thing that may report. */
export interface Enrolment {
  readonly thing: ThingId;
  /** Absent when the thing only reports through another one that speaks for it. */
  readonly key?: EnrolmentKey;
  /** The things that this one may report for, besides itself. */
  readonly speaksFor: readonly ThingId[];
  /** Id of its Thing Model. */
  readonly model: string;
}
