import type { Millis } from '#base/time';
import type { ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/** A command that somebody asks for, authenticated and authorized already: the guard only says whether it is safe now. */
export interface CommandRequest {
  readonly id: string;
  readonly thing: ThingId;
  readonly action: string;
  readonly input: Readonly<Record<string, ThingValue>>;
  /** The account that asks, or the id of the incident whose playbook does. */
  readonly requester: string;
  readonly origin: 'person' | 'playbook';
  readonly at: Millis;
}
