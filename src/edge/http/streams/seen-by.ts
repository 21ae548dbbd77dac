import type { Action } from '#edge/access/access';
import type { Caller } from '../caller.ts';
import type { Gate } from '../gate.ts';
import type { StreamEvent } from './stream-event.ts';

const NEEDED: Readonly<Record<StreamEvent['type'], Action>> = {
  property: 'readTwin',
  command: 'readTwin',
  twin: 'readTwin',
  finding: 'readIncident',
  incident: 'readIncident',
  connection: 'readThing',
};

/** Whether a caller may see an event, by what he may read now. */
export function isSeenBy(gate: Gate, caller: Caller): (event: StreamEvent) => boolean {
  return (event) => {
    if (event.type !== 'connection') return gate.may(caller, NEEDED[event.type], gate.twinOf(event.subject));
    const thing = gate.thingNamed(event.id);
    return thing !== undefined && gate.may(caller, 'readThing', thing);
  };
}
