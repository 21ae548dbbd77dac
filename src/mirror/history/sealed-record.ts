import { assert } from '#base/assert';
import { decodeCanonical, encodeCanonical } from '#base/canonical';
import { MAJOR, startWriting, writeBytes, writeHead, writeNumber, writeText, written } from '#base/canonical-writer';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { type AeadKey, NONCE_BYTES, open, seal } from '#crypto/aead';
import { type HistoryRecord, isRecordKind, type Position, type RecordKind, type SubjectId } from './record.ts';
import type { SealedRecord } from './record-store.ts';

/** Greatest sealed record in bytes. */
export const RECORD_LIMIT = 1_048_576;

/** What of a record is in the clear: enough to find it and its key. Authenticated together with the body. */
export interface RecordHeader {
  /** Which opening of the history sealed it. */
  readonly epoch: number;
  readonly position: Position;
  readonly kind: RecordKind;
  readonly subject: SubjectId;
  readonly at: Millis;
}

/**
 * Seals a record: canonical CBOR [header, ciphertext], the header being the additional data of AES-256-GCM.
 *
 * INVARIANT: epoch and position together are sealed once per key. Positions only grow while a history is open; one that
 * was sealed and lost (a commit failed, a backup was restored) may be sealed again with other contents after reopening,
 * and then the epoch differs.
 */
export function sealRecord(record: HistoryRecord, position: Position, epoch: number, key: AeadKey): SealedRecord {
  assert(Number.isSafeInteger(record.at), 'the time of a record is an integer');
  const header = encodeHeader(record, position, epoch);
  const ciphertext = seal(key, nonceOf(epoch, position), encodeCanonical(record.body), header);
  startWriting();
  writeHead(MAJOR.array, 2);
  writeBytes(header);
  writeBytes(ciphertext);
  return written();
}

function encodeHeader({ kind, subject, at }: HistoryRecord, position: Position, epoch: number): Uint8Array {
  startWriting();
  writeHead(MAJOR.array, 5);
  writeNumber(epoch);
  writeNumber(position);
  writeText(kind);
  writeText(subject);
  writeNumber(at);
  return written();
}

function nonceOf(epoch: number, position: Position): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  const view = new DataView(nonce.buffer);
  view.setUint32(0, epoch);
  view.setUint32(4, Math.floor(position / 0x100000000));
  view.setUint32(8, position >>> 0);
  return nonce;
}

/** @throws Fault `record.malformed` or `cbor.malformed` */
export function readHeader(sealed: SealedRecord): RecordHeader {
  return parse(sealed).header;
}

/** The header, or undefined for what is no sealed record. */
export function headerOf(sealed: SealedRecord): RecordHeader | undefined {
  try {
    return readHeader(sealed);
  } catch (error) {
    if (error instanceof Fault) return undefined;
    throw error;
  }
}

/** The record, or undefined when this key does not open it. @throws Fault `record.malformed` or `cbor.malformed` */
export function openRecord(sealed: SealedRecord, key: AeadKey): HistoryRecord | undefined {
  const { header, headerBytes, ciphertext } = parse(sealed);
  const body = open(key, nonceOf(header.epoch, header.position), ciphertext, headerBytes);
  if (body === undefined) return undefined;
  const { kind, subject, at } = header;
  return { kind, subject, at, body: decodeCanonical(body, RECORD_LIMIT) };
}

function parse(sealed: SealedRecord): { header: RecordHeader; headerBytes: Uint8Array; ciphertext: Uint8Array } {
  const parts = decodeCanonical(sealed, RECORD_LIMIT);
  const [headerBytes, ciphertext] = Array.isArray(parts) && parts.length === 2 ? parts : [];
  if (!(headerBytes instanceof Uint8Array) || !(ciphertext instanceof Uint8Array))
    throw malformed('not two byte strings');
  const fields = decodeCanonical(headerBytes, RECORD_LIMIT);
  const [epoch, position, kind, subject, at] = Array.isArray(fields) && fields.length === 5 ? fields : [];
  if (!isCount(epoch) || !isCount(position) || !isRecordKind(kind) || typeof subject !== 'string') {
    throw malformed('the header is epoch, position, kind, subject and time');
  }
  if (!Number.isSafeInteger(at)) throw malformed('the time is no integer');
  return { header: { epoch, position, kind, subject, at: at as Millis }, headerBytes, ciphertext };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const malformed = (what: string): Fault => new Fault('record.malformed', `sealed record: ${what}`);
