import {
  type Cursor,
  createCursor,
  readByte,
  readInteger,
  readMapHead,
  readText,
  requireEnd,
  viewBytes,
} from '#base/canonical-reader';
import {
  MAJOR,
  startWriting,
  writeBytes,
  writeHead,
  writeNumber,
  writeText,
  writeTextAsBytes,
  written,
} from '#base/canonical-writer';
import { Fault } from '#base/fault';
import { HEADER, sequenceOf } from '#crypto/cose';
import type { Message } from './message.ts';
import { isThingId, type ThingId } from './thing-id.ts';

/** What is in the sealed part, told outside of it so that both sides agree before anything is decoded. */
const CONTENT_TYPES = {
  Report: 'application/vnd.wardtwin.report+cbor',
  Bundle: 'application/vnd.wardtwin.report-bundle+cbor',
  Acknowledgement: 'application/vnd.wardtwin.acknowledgement+cbor',
  SignedCommand: 'application/vnd.wardtwin.signed-command+cose',
} as const satisfies Readonly<Record<Message['kind'], string>>;

const KIND_OF: ReadonlyMap<string | undefined, Message['kind']> = new Map(
  (Object.keys(CONTENT_TYPES) as Message['kind'][]).map((kind) => [CONTENT_TYPES[kind], kind]),
);

const KEY_ID_LIMIT = 64;
const HEADER_COUNT = 4;

/** The protected header of every message, in the order in which it is encoded. */
export interface EnvelopeHeader {
  /** COSE algorithm number, as stated. */
  readonly algorithm: number;
  readonly contentKind: Message['kind'];
  /** The owner of the key that is said to have sealed it. */
  readonly sender: ThingId;
  readonly sequence: number;
  readonly partialIv: Uint8Array;
}

/** The key id is the sender's; `partialIv` is its sequence (`partialIvOf`). */
export function encodeEnvelopeHeader(
  algorithm: number,
  contentKind: Message['kind'],
  sender: ThingId,
  partialIv: Uint8Array,
): Uint8Array {
  startWriting();
  writeHead(MAJOR.map, HEADER_COUNT);
  writeNumber(HEADER.algorithm);
  writeNumber(algorithm);
  writeNumber(HEADER.contentType);
  writeText(CONTENT_TYPES[contentKind]);
  writeNumber(HEADER.keyId);
  writeTextAsBytes(sender);
  writeNumber(HEADER.partialIv);
  writeBytes(partialIv);
  return written();
}

/** @throws Fault `envelope.malformed`, `cbor.malformed` for any other header than `encodeEnvelopeHeader` writes */
export function decodeEnvelopeHeader(bytes: Uint8Array): EnvelopeHeader {
  const cursor = createCursor(bytes, bytes.length);
  if (readMapHead(cursor) !== HEADER_COUNT) throw otherHeader();
  requireLabel(cursor, HEADER.algorithm);
  const algorithm = readInteger(cursor);
  requireLabel(cursor, HEADER.contentType);
  const contentKind = KIND_OF.get(readText(cursor));
  requireLabel(cursor, HEADER.keyId);
  const sender = readKeyId(viewBytes(cursor));
  requireLabel(cursor, HEADER.partialIv);
  const partialIv = viewBytes(cursor);
  const sequence = sequenceOf(partialIv);
  requireEnd(cursor);
  if (algorithm === undefined || contentKind === undefined || partialIv === undefined || sequence === undefined) {
    throw otherHeader();
  }
  return { algorithm, contentKind, sender, sequence, partialIv };
}

/** A label of the four is one byte. */
function requireLabel(cursor: Cursor, label: number): void {
  if (readByte(cursor) !== label) throw otherHeader();
}

function readKeyId(bytes: Uint8Array | undefined): ThingId {
  if (bytes !== undefined && bytes.length <= KEY_ID_LIMIT) {
    // a thing id is ASCII, and a byte above it becomes a letter that no thing id has
    const sender = String.fromCharCode(...bytes);
    if (isThingId(sender)) return sender;
  }
  throw malformed('the key id is no thing id');
}

const otherHeader = (): Fault => malformed('the protected headers are algorithm, content type, key id and partial iv');

const malformed = (what: string): Fault => new Fault('envelope.malformed', `envelope: ${what}`);
