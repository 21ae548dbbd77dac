import { allocate } from './allocate.ts';
import { Fault } from './fault.ts';

// ignoreBOM: a leading U+FEFF is kept, otherwise two encodings would give one text
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * What of canonical CBOR is the same whoever reads it: heads in their shortest form, texts, byte strings and numbers. On top
 * of it stand `decodeCanonical`, for values of any shape, and readers that know what comes and make it in one pass.
 *
 * A reader named after a type gives undefined where the next item is of another one, and has then read nothing, so that its
 * caller can say what should have been there. Every function throws Fault `cbor.malformed` for what is not canonical.
 */
export interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset: number;
}

/** @throws Fault `cbor.malformed` beyond `limit` bytes */
export function createCursor(bytes: Uint8Array, limit: number): Cursor {
  if (bytes.length > limit) throw malformed(`\`${bytes.length}\` bytes are more than the limit of ${limit}`, 0);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

export function requireEnd(cursor: Cursor): void {
  if (cursor.offset !== cursor.bytes.length) throw malformed('trailing bytes', cursor.offset);
}

/** The type of the next item, which is not read. */
function nextMajor({ bytes, offset }: Cursor): number {
  const initial = bytes[offset];
  if (initial === undefined) throw malformed('it ends too early', offset);
  return initial >> 5;
}

/** A safe integer of either sign. */
export function readInteger(cursor: Cursor): number | undefined {
  const major = nextMajor(cursor);
  if (major === 0) return readArgument(cursor, readByte(cursor));
  return major === 1 ? readNegative(cursor, readByte(cursor)) : undefined;
}

export function readNumber(cursor: Cursor): number | undefined {
  const initial = cursor.bytes[cursor.offset];
  if (initial === undefined || initial < 0xf9 || initial > 0xfb) return readInteger(cursor);
  cursor.offset += 1;
  return readFloat(cursor, initial);
}

export function readText(cursor: Cursor): string | undefined {
  return nextMajor(cursor) === 3 ? readTextOf(cursor, readArgument(cursor, readByte(cursor))) : undefined;
}

export function readBoolean(cursor: Cursor): boolean | undefined {
  const initial = cursor.bytes[cursor.offset];
  if (initial !== 0xf4 && initial !== 0xf5) return undefined;
  cursor.offset += 1;
  return initial === 0xf5;
}

/** The byte string where it stands: a view of what is read, which its reader keeps no longer than that. */
export function viewBytes(cursor: Cursor): Uint8Array | undefined {
  if (nextMajor(cursor) !== 2) return undefined;
  const count = readArgument(cursor, readByte(cursor));
  const start = need(cursor, count);
  return cursor.bytes.subarray(start, start + count);
}

/** The number of items of an array, which follow. */
export function readArrayHead(cursor: Cursor): number | undefined {
  return nextMajor(cursor) === 4 ? readCount(cursor, readByte(cursor), 1) : undefined;
}

/** The number of entries of a map, which follow. Their order is for the caller to check. */
export function readMapHead(cursor: Cursor): number | undefined {
  return nextMajor(cursor) === 5 ? readCount(cursor, readByte(cursor), 2) : undefined;
}

export function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.offset];
  if (byte === undefined) throw malformed('it ends too early', cursor.offset);
  cursor.offset += 1;
  return byte;
}

function need(cursor: Cursor, count: number): number {
  const start = cursor.offset;
  if (count > cursor.bytes.length - start) throw malformed('it ends too early', start);
  cursor.offset = start + count;
  return start;
}

export function readArgument(cursor: Cursor, initial: number): number {
  const short = initial & 0x1f;
  if (short < 24) return short;
  let argument: number;
  let least: number;
  if (short === 24) {
    argument = readByte(cursor);
    least = 24;
  } else if (short === 25) {
    argument = cursor.view.getUint16(need(cursor, 2));
    least = 0x100;
  } else if (short === 26) {
    argument = cursor.view.getUint32(need(cursor, 4));
    least = 0x10000;
  } else if (short === 27) {
    const start = need(cursor, 8);
    argument = cursor.view.getUint32(start) * 0x100000000 + cursor.view.getUint32(start + 4);
    least = 0x100000000;
    if (argument > Number.MAX_SAFE_INTEGER) throw malformed('an integer beyond 2^53', start);
  } else {
    throw malformed('an indefinite length or a reserved head', cursor.offset - 1);
  }
  if (argument < least) throw malformed('a number that is not in its shortest form', cursor.offset);
  return argument;
}

export function readNegative(cursor: Cursor, initial: number): number {
  const argument = readArgument(cursor, initial);
  if (argument === Number.MAX_SAFE_INTEGER) throw malformed('an integer beyond 2^53', cursor.offset);
  return -1 - argument;
}

/** Items are counted against the bytes that are left, so that a short message cannot ask for a large allocation. */
export function readCount(cursor: Cursor, initial: number, bytesPerItem: number): number {
  const count = readArgument(cursor, initial);
  if (count * bytesPerItem > cursor.bytes.length - cursor.offset) throw malformed('it ends too early', cursor.offset);
  return count;
}

/** A copy of `count` bytes. */
export function readBytes(cursor: Cursor, count: number): Uint8Array {
  const start = need(cursor, count);
  const copy = allocate(count);
  copy.set(cursor.bytes.subarray(start, start + count));
  return copy;
}

/** Texts read before, by a hash of their bytes: keys and names come again and again, and need not be built each time. */
const INTERNED = 1024;
const LONGEST_INTERNED = 64;
const interned: (string | undefined)[] = new Array(INTERNED).fill(undefined);

/** A text of `count` bytes. */
export function readTextOf(cursor: Cursor, count: number): string {
  const start = need(cursor, count);
  const { bytes } = cursor;
  const end = start + count;
  if (count > LONGEST_INTERNED) return readWideText(bytes.subarray(start, end), start);
  let hash = count;
  for (let index = start; index < end; index += 1) {
    const code = bytes[index] as number;
    if (code > 0x7f) return readWideText(bytes.subarray(start, end), start);
    hash = (Math.imul(hash, 31) + code) | 0;
  }
  const slot = (hash ^ (hash >>> 10)) & (INTERNED - 1);
  const known = interned[slot];
  if (known !== undefined && isText(known, bytes, start, count)) return known;
  const text = String.fromCharCode(...bytes.subarray(start, end));
  interned[slot] = text;
  return text;
}

function isText(text: string, bytes: Uint8Array, start: number, count: number): boolean {
  if (text.length !== count) return false;
  for (let index = 0; index < count; index += 1) if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}

function readWideText(bytes: Uint8Array, start: number): string {
  try {
    return textDecoder.decode(bytes);
  } catch {
    throw malformed('text that is not UTF-8', start);
  }
}

/** The float of an initial byte from 0xf9 to 0xfb. */
export function readFloat(cursor: Cursor, initial: number): number {
  switch (initial) {
    case 0xf9:
      return requireShortest(cursor, cursor.view.getFloat16(need(cursor, 2)), 2);
    case 0xfa:
      return requireShortest(cursor, cursor.view.getFloat32(need(cursor, 4)), 4);
    default:
      return requireShortest(cursor, cursor.view.getFloat64(need(cursor, 8)), 8);
  }
}

function requireShortest(cursor: Cursor, value: number, width: 2 | 4 | 8): number {
  if (Number.isNaN(value)) {
    if (width === 2 && cursor.view.getUint16(cursor.offset - 2) === 0x7e00) return value;
  } else if (!Number.isSafeInteger(value)) {
    if (width === 2) return value;
    if (width === 4 && Math.f16round(value) !== value) return value;
    if (width === 8 && Math.fround(value) !== value) return value;
  }
  throw malformed('a number that is not in its shortest form', cursor.offset - width);
}

export const malformed = (what: string, offset: number): Fault =>
  new Fault('cbor.malformed', `cbor: ${what}, at byte \`${offset}\``, { offset });
