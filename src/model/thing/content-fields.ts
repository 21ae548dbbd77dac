import type { CborObject, CborValue } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { isThingId, type ThingId } from './thing-id.ts';

/**
 * The fields of a content that was decoded to a value. `what` names them in the message. Every function throws Fault
 * `content.malformed` for what is of another type or beyond its bound.
 */
export function asObject(value: CborValue | undefined, what: string): CborObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject && !(value instanceof Map) && !(value instanceof Uint8Array)) return value as CborObject;
  throw malformed(`${what} is no map with text keys`);
}

/** With every named field read and the count right, there is no other one. */
export function requireOnly(fields: CborObject, known: number): void {
  const count = Object.keys(fields).length;
  if (count !== known) throw malformed(`\`${count}\` fields, ${known} are known`);
}

export function asThing(value: CborValue | undefined): ThingId {
  if (isThingId(value)) return value;
  throw malformed(`thing \`${String(value)}\` is no thing id`);
}

export function asMillis(value: CborValue | undefined, what: string): Millis {
  if (Number.isSafeInteger(value)) return value as Millis;
  throw malformed(`${what} \`${String(value)}\` is no time in milliseconds`);
}

export function asText(value: CborValue | undefined, what: string, longest: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= longest) return value;
  throw malformed(`${what} is no text of 1 to ${longest}`);
}

export const malformed = (what: string): Fault => new Fault('content.malformed', `content: ${what}`);
