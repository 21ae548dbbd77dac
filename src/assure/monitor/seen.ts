import type { Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';
import type { Observation } from './rule.ts';

export type MessageObservation = Extract<Observation, { kind: 'message' }>;

/** What this very message reports of a property; undefined when it does not, or when the device said something later already. */
export function seenNow(observation: MessageObservation, thing: string, property: string): ThingValue | undefined {
  const { message, twin } = observation;
  if (message.thing !== thing || message.content.kind !== 'Report') return undefined;
  const reported = twin.reported[thing]?.[property];
  return reported !== undefined && reported.receivedAt === message.receivedAt ? reported.value : undefined;
}

export function numberNow(observation: MessageObservation, thing: string, property: string): number | undefined {
  const value = seenNow(observation, thing, property);
  return typeof value === 'number' ? value : undefined;
}

/** The last number reported, however old. */
export function numberOf(twin: Twin, thing: string, property: string): number | undefined {
  const value = twin.reported[thing]?.[property]?.value;
  return typeof value === 'number' ? value : undefined;
}

export function textOf(twin: Twin, thing: string, property: string): string | undefined {
  const value = twin.reported[thing]?.[property]?.value;
  return typeof value === 'string' ? value : undefined;
}
