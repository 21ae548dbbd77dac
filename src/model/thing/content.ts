import { assert } from '#base/assert';
import { concat } from '#base/bytes';
import { type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
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
import { COMMAND_ID_LENGTH } from './command-content.ts';
import { asMillis, asObject, asText, asThing, malformed, requireOnly } from './content-fields.ts';
import type { Acknowledgement, Bundle, Message, Report } from './message.ts';
import { namesWithin, readSenml, writeSenml } from './senml.ts';

/** Reports in one bundle. */
export const BUNDLE_LIMIT = 16;
const REASON_LENGTH = 256;
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
    case 'SignedCommand':
      return message.signed;
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
    case 'SignedCommand':
      return { kind, signed: payload };
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
  requireOnly(fields, reason === undefined ? 4 : 5);
  if (!OUTCOMES.has(outcome)) throw malformed(`outcome \`${String(outcome)}\` is none of done, refused, expired`);
  return {
    kind: 'Acknowledgement',
    thing: asThing(fields['thing']),
    commandId: asText(fields['commandId'], 'commandId', COMMAND_ID_LENGTH),
    outcome: outcome as Acknowledgement['outcome'],
    ...(reason === undefined ? {} : { reason: asText(reason, 'reason', REASON_LENGTH) }),
    at: asMillis(fields['at'], 'at'),
  };
}
