import { type CborObject, type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { BUNDLE_LIMIT } from '#model/thing/content';
import type { Bundle, Report } from '#model/thing/message';
import { isThingId, type ThingId } from '#model/thing/thing-id';
import { decodeSenml, encodeSenml } from './senml.ts';

/** What a report says, by way of a value: short, and slower than `encodeContent`. */
export const encodeReport = ({ thing, sentAt, measurements }: Report): Uint8Array =>
  encodeCanonical({ pack: encodeSenml(thing, sentAt, measurements), thing, sentAt });

/** Reports by way of a value: the reference model of `decodeContent`. @throws Fault */
export function decodeReports(kind: 'Report' | 'Bundle', payload: Uint8Array, limit: number): Report | Bundle {
  const value = decodeCanonical(payload, limit);
  return kind === 'Report' ? readReport(value) : readBundle(value);
}

function readBundle(value: CborValue): Bundle {
  if (!Array.isArray(value)) throw malformed('Bundle is no array');
  const items: readonly CborValue[] = value;
  if (items.length === 0 || items.length > BUNDLE_LIMIT)
    throw malformed(`\`${items.length}\` reports, 1 to ${BUNDLE_LIMIT}`);
  return { kind: 'Bundle', reports: items.map(readReport) };
}

function readReport(value: CborValue | undefined): Report {
  const fields = asObject(value, 'Report');
  requireOnly(fields, 3, 3);
  const thing = readThing(fields['thing']);
  return {
    kind: 'Report',
    thing,
    sentAt: readMillis(fields['sentAt'], 'sentAt'),
    measurements: decodeSenml(thing, fields['pack']),
  };
}

function asObject(value: CborValue | undefined, what: string): CborObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (isObject && !(value instanceof Map) && !(value instanceof Uint8Array)) return value as CborObject;
  throw malformed(`${what} is no map with text keys`);
}

/** With every named field read and the count right, there is no other one. */
function requireOnly(fields: CborObject, least: number, most: number): void {
  const count = Object.keys(fields).length;
  if (count < least || count > most) throw malformed(`\`${count}\` fields, ${least} to ${most} are known`);
}

function readThing(value: CborValue | undefined): ThingId {
  if (isThingId(value)) return value;
  throw malformed(`thing \`${String(value)}\` is no thing id`);
}

function readMillis(value: CborValue | undefined, what: string): Millis {
  if (Number.isSafeInteger(value)) return value as Millis;
  throw malformed(`${what} \`${String(value)}\` is no time in milliseconds`);
}

const malformed = (what: string): Fault => new Fault('content.malformed', `content: ${what}`);
