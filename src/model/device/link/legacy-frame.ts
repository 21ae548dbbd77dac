import { allocate } from '#base/allocate';
import { assert } from '#base/assert';
import { crc16 } from './crc16.ts';
import { type LinkFrame, MAX_LINK_PAYLOAD } from './link-codec.ts';
import { numberOfOperation, operationFromNumber } from './operation.ts';
import { addressFromNumber, MAX_SERIAL_NUMBER, numberOfAddress, type SerialNumber } from './peer.ts';

/**
 * A frame of the legacy link, as anybody in reach can read and write it. `counter` is there on links with a rolling counter
 * only, 0 to 2^32 - 1.
 */
export interface LegacyFrame extends LinkFrame {
  readonly serial: SerialNumber;
  readonly counter?: number;
}

export type LegacyParse =
  | { readonly kind: 'frame'; readonly frame: LegacyFrame }
  | { readonly kind: 'invalid'; readonly reason: 'crc' | 'malformed' };

/** First byte: the family of frame. */
export const LEGACY_FAMILY = 0xa7;
export const LEGACY_COUNTER_FAMILY = 0xa9;

/** family, addresses, serial number (3, packed decimal), operation, request, payload length (2) */
const HEADER_BYTES = 9;
const COUNTER_BYTES = 4;
const CRC_BYTES = 2;

const CRC_INVALID: LegacyParse = { kind: 'invalid', reason: 'crc' };
const MALFORMED: LegacyParse = { kind: 'invalid', reason: 'malformed' };

/** Cleartext: header, six-digit serial number in packed decimal, operation, payload, CRC-16. */
export function buildLegacyFrame(frame: LegacyFrame): Uint8Array {
  const { payload, serial, counter } = frame;
  assert(payload.length <= MAX_LINK_PAYLOAD, 'a payload fits its link');
  assert(Number.isInteger(serial) && serial >= 0 && serial <= MAX_SERIAL_NUMBER, 'a serial number has six digits');
  const start = HEADER_BYTES + (counter === undefined ? 0 : COUNTER_BYTES);
  const bytes = allocate(start + payload.length + CRC_BYTES);
  bytes[0] = counter === undefined ? LEGACY_FAMILY : LEGACY_COUNTER_FAMILY;
  bytes[1] = (numberOfAddress(frame.from) << 4) | numberOfAddress(frame.to);
  bytes[2] = packDecimal(Math.floor(serial / 10_000));
  bytes[3] = packDecimal(Math.floor(serial / 100) % 100);
  bytes[4] = packDecimal(serial % 100);
  bytes[5] = numberOfOperation(frame.operation);
  bytes[6] = frame.request;
  bytes[7] = payload.length >>> 8;
  bytes[8] = payload.length;
  if (counter !== undefined) writeUint32(bytes, HEADER_BYTES, counter);
  bytes.set(payload, start);
  const crc = crc16(bytes, bytes.length - CRC_BYTES);
  bytes[bytes.length - 2] = crc >>> 8;
  bytes[bytes.length - 1] = crc;
  return bytes;
}

export function parseLegacyFrame(bytes: Uint8Array): LegacyParse {
  const family = bytes[0];
  if (family !== LEGACY_FAMILY && family !== LEGACY_COUNTER_FAMILY) return MALFORMED;
  const start = HEADER_BYTES + (family === LEGACY_FAMILY ? 0 : COUNTER_BYTES);
  if (bytes.length < start + CRC_BYTES) return MALFORMED;
  const length = (bytes[7]! << 8) | bytes[8]!;
  if (length > MAX_LINK_PAYLOAD || bytes.length !== start + length + CRC_BYTES) return MALFORMED;
  if (crc16(bytes, bytes.length - CRC_BYTES) !== ((bytes[bytes.length - 2]! << 8) | bytes[bytes.length - 1]!)) {
    return CRC_INVALID;
  }
  const from = addressFromNumber(bytes[1]! >>> 4);
  const to = addressFromNumber(bytes[1]! & 0x0f);
  const operation = operationFromNumber(bytes[5]!);
  const serial = unpackDecimal(bytes[2]!) * 10_000 + unpackDecimal(bytes[3]!) * 100 + unpackDecimal(bytes[4]!);
  if (from === undefined || from === 'all' || to === undefined || operation === undefined || Number.isNaN(serial)) {
    return MALFORMED;
  }
  const payload = bytes.subarray(start, start + length);
  const request = bytes[6]!;
  if (family === LEGACY_FAMILY) return { kind: 'frame', frame: { from, to, operation, request, payload, serial } };
  const counter = readUint32(bytes, HEADER_BYTES);
  return { kind: 'frame', frame: { from, to, operation, request, payload, serial, counter } };
}

const packDecimal = (twoDigits: number): number => (Math.floor(twoDigits / 10) << 4) | (twoDigits % 10);

function unpackDecimal(packed: number): number {
  const tens = packed >>> 4;
  const ones = packed & 0x0f;
  return tens > 9 || ones > 9 ? Number.NaN : tens * 10 + ones;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
