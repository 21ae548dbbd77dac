import type { Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';
import type { CommissionedModel } from './commissioned-model.ts';
import type { EstimatorState } from './estimator.ts';

/** The last value a thing reported of a property. `at` is the device's clock, `receivedAt` the platform's. */
export interface ReportedProperty {
  readonly value: ThingValue;
  readonly at: Millis;
  readonly receivedAt: Millis;
}

export interface Heard {
  readonly receivedAt: Millis;
  readonly sentAt: Millis;
  readonly sequence: number;
}

/** What the platform last wanted of a thing by one action, and what became of it. */
export interface Desired {
  readonly commandId: string;
  readonly input: Readonly<Record<string, ThingValue>>;
  readonly dispatchedAt: Millis;
  readonly outcome: 'pending' | 'done' | 'refused' | 'expired';
}

export type PropertyTable = Readonly<Record<string, ReportedProperty>>;

/**
 * What the platform knows of one subject's devices and body, from messages alone. INVARIANT: a pure function of the
 * commissioned model and the messages and commands applied, in their order.
 */
export interface Twin {
  readonly kind: 'Twin';
  /** The patient's pseudonym. */
  readonly subject: string;
  readonly commissioned?: CommissionedModel;
  readonly reported: Readonly<Record<ThingId, PropertyTable>>;
  readonly lastHeard: Readonly<Record<ThingId, Heard>>;
  /** By thing, then by action. */
  readonly desired: Readonly<Record<ThingId, Readonly<Record<string, Desired>>>>;
  /** Absent until the twin is commissioned and has seen a glucose reading. */
  readonly predicted?: EstimatorState;
}
