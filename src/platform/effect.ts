import type { ThingId } from '#model/thing/thing-id';

/**
 * What the platform wants done outside. INVARIANT: the edge carries an effect out only after the records that it rests on
 * are durable.
 */
export type Effect =
  /** Bytes for a device, sealed for it end to end. */
  | {
      readonly kind: 'dispatch';
      readonly thing: ThingId;
      readonly bytes: Uint8Array;
      /** The step of a playbook that it carries out; absent when a person asked for it. */
      readonly because?: string;
    }
  | { readonly kind: 'notify'; readonly who: 'patient' | 'staff'; readonly text: string; readonly incident: string };
