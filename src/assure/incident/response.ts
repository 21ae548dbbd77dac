import type { Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/** A step of a playbook that is due, as a value. INVARIANT: a command among them passes the guard like any other. */
export type Response =
  | {
      readonly kind: 'command';
      readonly thing: ThingId;
      readonly action: string;
      readonly input: Readonly<Record<string, ThingValue>>;
      /** Id of the incident. */
      readonly because: string;
    }
  | { readonly kind: 'notify'; readonly who: 'patient' | 'staff'; readonly text: string; readonly incident: string }
  | { readonly kind: 'refuse-remote-commands'; readonly until: Millis; readonly because: string };
