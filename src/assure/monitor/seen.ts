import type { Millis } from '#base/time';
import { measuredAt } from '#mirror/channel/device-time';
import type { ReportedProperty, Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';
import type { Observation } from './rule.ts';

export type MessageObservation = Extract<Observation, { kind: 'message' }>;

/**
 * What a thing said last of a property, also where it stamped that too far ahead. The monitor judges what devices say: a clock
 * that is wrong must neither blind its rules nor make the other side of a comparison look like a liar.
 */
export function saidOf({ ahead, reported }: Twin, thing: string, property: string): ReportedProperty | undefined {
  return ahead[thing]?.[property] ?? reported[thing]?.[property];
}

/** What this very message says of a property; undefined when it does not, or when the device said something later already. */
export function seenNow(observation: MessageObservation, thing: string, property: string): ThingValue | undefined {
  return saidNow(observation, thing, property)?.value;
}

function saidNow(
  { message, twin, previous }: MessageObservation,
  thing: string,
  property: string,
): ReportedProperty | undefined {
  if (message.thing !== thing || message.content.kind !== 'Report') return undefined;
  const said = saidOf(twin, thing, property);
  const isNew = said?.receivedAt === message.receivedAt && said !== saidOf(previous, thing, property);
  return isNew ? said : undefined;
}

export function numberNow(observation: MessageObservation, thing: string, property: string): number | undefined {
  const value = seenNow(observation, thing, property);
  return typeof value === 'number' ? value : undefined;
}

/** The glucose reading of this very message, placed in time. */
export function readingNow(
  observation: MessageObservation,
): { readonly at: Millis; readonly glucose: number } | undefined {
  const said = saidNow(observation, 'cgm', 'glucose');
  if (said === undefined || typeof said.value !== 'number') return undefined;
  return { at: measuredAt(said, saidOf(observation.previous, 'cgm', 'glucose')), glucose: said.value };
}

/** The last number said, however old. */
export function numberOf(twin: Twin, thing: string, property: string): number | undefined {
  const value = saidOf(twin, thing, property)?.value;
  return typeof value === 'number' ? value : undefined;
}

export function textOf(twin: Twin, thing: string, property: string): string | undefined {
  const value = saidOf(twin, thing, property)?.value;
  return typeof value === 'string' ? value : undefined;
}
