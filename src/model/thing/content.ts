import { assert } from '#base/assert';
import { concat } from '#base/bytes';
import { type CborObject, type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import {
  type Cursor,
  createCursor,
  readArrayHead,
  readText as readCanonicalText,
  readInteger,
  readMapHead,
  requireEnd,
} from '#base/canonical-reader';
import { MAJOR, startWriting, writeHead, writeNumber, writeText, written } from '#base/canonical-writer';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import type { Acknowledgement, Bundle, Command, Message, Report, ThingValue } from './message.ts';
import { namesWithin, readSenml, SENML_LIMITS, writeSenml } from './senml.ts';
import { isThingId, type ThingId } from './thing-id.ts';

/** Reports in one bundle. */
export const BUNDLE_LIMIT = 16;
const COMMAND_ID_LENGTH = 64;
const REASON_LENGTH = 256;
const INPUT_FIELDS = 32;
const ACTION_NAME_LENGTH = 64;
/** Head of an array of fewer than 24 items, without their number. */
const CBOR_ARRAY = 0x80;

/** What a message says, as the canonical CBOR that is sealed. */
export function encodeContent(message: Message): Uint8Array {
  switch (message.kind) {
    case 'Report':
      return encodeReport(message);
    case 'Bundle':
      return encodeBundle(message.reports.map(encodeContent));
    case 'Acknowledgement': {
      const { at, thing, reason, outcome, commandId } = message;
      return encodeCanonical({ at, thing, reason, outcome, commandId });
    }
    case 'Command': {
      const { id, input, thing, action, issuedAt, expiresAt } = message;
      return encodeCanonical({ id, input, thing, action, issuedAt, expiresAt });
    }
  }
}

/** The fields of a report, in canonical order. */
const REPORT_FIELDS = { pack: 'pack', thing: 'thing', sentAt: 'sentAt' } as const;
const REPORT_FIELD_COUNT = 3;

function encodeReport({ thing, sentAt, measurements }: Report): Uint8Array {
  startWriting();
  writeHead(MAJOR.map, REPORT_FIELD_COUNT);
  writeText(REPORT_FIELDS.pack);
  writeSenml(thing, sentAt, measurements);
  writeText(REPORT_FIELDS.thing);
  writeText(thing);
  writeText(REPORT_FIELDS.sentAt);
  writeNumber(sentAt);
  return written();
}

/**
 * The content of a bundle from the contents of its reports, as they were encoded: the one encoding of an array is its head and
 * then the encodings of its items (RFC 8949, 3.1), so a gateway that was handed them encodes nothing again.
 */
export function encodeBundle(reports: readonly Uint8Array[]): Uint8Array {
  assert(reports.length > 0 && reports.length <= BUNDLE_LIMIT, `a bundle has 1 to ${BUNDLE_LIMIT} reports`);
  return concat(Uint8Array.of(CBOR_ARRAY | reports.length), ...reports);
}

/** @throws Fault `content.malformed`, `senml.malformed`, `cbor.malformed` */
export function decodeContent(kind: Message['kind'], payload: Uint8Array, limit: number): Message {
  switch (kind) {
    case 'Report':
    case 'Bundle': {
      const cursor = createCursor(payload, limit);
      const message = kind === 'Report' ? readReport(cursor) : readBundle(cursor);
      requireEnd(cursor);
      return message;
    }
    case 'Acknowledgement':
      return readAcknowledgement(decodeCanonical(payload, limit));
    case 'Command':
      return readCommand(decodeCanonical(payload, limit));
  }
}

function readBundle(cursor: Cursor): Bundle {
  const count = readArrayHead(cursor);
  if (count === undefined) throw malformed('Bundle is no array');
  if (count === 0 || count > BUNDLE_LIMIT) throw malformed(`\`${count}\` reports, 1 to ${BUNDLE_LIMIT}`);
  const reports: Report[] = [];
  for (let index = 0; index < count; index += 1) reports.push(readReport(cursor));
  return { kind: 'Bundle', reports };
}

/** Reports are most of what is read: in one pass, without the value that `decodeCanonical` would make of them. */
function readReport(cursor: Cursor): Report {
  const count = readMapHead(cursor);
  if (count !== REPORT_FIELD_COUNT) throw malformed(`Report is no map of ${REPORT_FIELD_COUNT} fields`);
  requireField(cursor, REPORT_FIELDS.pack);
  const pack = readSenml(cursor);
  requireField(cursor, REPORT_FIELDS.thing);
  const thing = asThing(readCanonicalText(cursor));
  requireField(cursor, REPORT_FIELDS.sentAt);
  const sentAt = readInteger(cursor);
  if (sentAt === undefined) throw malformed('sentAt is no time in milliseconds');
  return { kind: 'Report', thing, sentAt, measurements: namesWithin(thing, pack) };
}

function requireField(cursor: Cursor, field: string): void {
  const key = readCanonicalText(cursor);
  if (key !== field) throw malformed(`field \`${String(key)}\` in the place of \`${field}\``);
}

const OUTCOMES: ReadonlySet<CborValue | undefined> = new Set(['done', 'refused', 'expired']);

function readAcknowledgement(value: CborValue): Acknowledgement {
  const fields = asObject(value, 'Acknowledgement');
  const { outcome, reason } = fields;
  requireOnly(fields, reason === undefined ? 4 : 5, 5);
  if (!OUTCOMES.has(outcome)) throw malformed(`outcome \`${String(outcome)}\` is none of done, refused, expired`);
  return {
    kind: 'Acknowledgement',
    thing: asThing(fields['thing']),
    commandId: readText(fields['commandId'], 'commandId', COMMAND_ID_LENGTH),
    outcome: outcome as Acknowledgement['outcome'],
    ...(reason === undefined ? {} : { reason: readText(reason, 'reason', REASON_LENGTH) }),
    at: readMillis(fields['at'], 'at'),
  };
}

function readCommand(value: CborValue): Command {
  const fields = asObject(value, 'Command');
  requireOnly(fields, 6, 6);
  return {
    kind: 'Command',
    id: readText(fields['id'], 'id', COMMAND_ID_LENGTH),
    thing: asThing(fields['thing']),
    action: readText(fields['action'], 'action', ACTION_NAME_LENGTH),
    input: readInput(fields['input']),
    issuedAt: readMillis(fields['issuedAt'], 'issuedAt'),
    expiresAt: readMillis(fields['expiresAt'], 'expiresAt'),
  };
}

function readInput(value: CborValue | undefined): Readonly<Record<string, ThingValue>> {
  const fields = asObject(value, 'input');
  const names = Object.keys(fields);
  if (names.length > INPUT_FIELDS) throw malformed(`\`${names.length}\` input fields are too many`);
  const input: Record<string, ThingValue> = {};
  for (const name of names) input[name] = readInputValue(name, fields[name]);
  return input;
}

function readInputValue(name: string, value: CborValue | undefined): ThingValue {
  switch (typeof value) {
    case 'number':
    case 'boolean':
      return value;
    case 'string':
      return readText(value, name, SENML_LIMITS.textLength);
    default:
      if (Array.isArray(value) && value.length <= SENML_LIMITS.arrayLength && value.every(isNumber)) return value;
      throw malformed(`input \`${name}\` is no number, text, boolean or array of numbers`);
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

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

function asThing(value: CborValue | undefined): ThingId {
  if (isThingId(value)) return value;
  throw malformed(`thing \`${String(value)}\` is no thing id`);
}

function readMillis(value: CborValue | undefined, what: string): Millis {
  if (Number.isSafeInteger(value)) return value as Millis;
  throw malformed(`${what} \`${String(value)}\` is no time in milliseconds`);
}

function readText(value: CborValue | undefined, what: string, longest: number): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= longest) return value;
  throw malformed(`${what} is no text of 1 to ${longest}`);
}

const malformed = (what: string): Fault => new Fault('content.malformed', `content: ${what}`);
