import { allocate } from './allocate.ts';
import { CANONICAL_DEPTH, type CborObject, type CborValue } from './cbor-value.ts';
import { Fault } from './fault.ts';

// ignoreBOM: a leading U+FEFF is kept, otherwise two encodings would give one text
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset: number;
}

/**
 * The value whose one encoding `bytes` is, so that `encodeCanonical(decodeCanonical(bytes, limit))` equals `bytes`. A map
 * with only text keys becomes an object, any other a `Map`.
 * @param limit the greatest number of bytes that is read
 * @throws Fault `cbor.malformed` for everything else: another form of a number, keys out of order or twice, indefinite
 * lengths, tags, trailing bytes, ill-formed UTF-8
 */
export function decodeCanonical(bytes: Uint8Array, limit: number): CborValue {
  if (bytes.length > limit) throw malformed(`\`${bytes.length}\` bytes are more than the limit of ${limit}`, 0);
  const cursor: Cursor = {
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    offset: 0,
  };
  const value = readValue(cursor, 0);
  if (cursor.offset !== bytes.length) throw malformed('trailing bytes', cursor.offset);
  return value;
}

function readValue(cursor: Cursor, depth: number): CborValue {
  const initial = readByte(cursor);
  const major = initial >> 5;
  switch (major) {
    case 0:
      return readArgument(cursor, initial);
    case 1:
      return readNegative(cursor, initial);
    case 2:
      return readBytes(cursor, readArgument(cursor, initial));
    case 3:
      return readText(cursor, readArgument(cursor, initial));
    case 4:
      return readArray(cursor, readCount(cursor, initial, 1), depth);
    case 5:
      return readMap(cursor, readCount(cursor, initial, 2), depth);
    case 7:
      return readSimple(cursor, initial);
    default:
      throw malformed('tags are not used here', cursor.offset - 1);
  }
}

function readByte(cursor: Cursor): number {
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

const take = (cursor: Cursor, count: number): Uint8Array => {
  const start = need(cursor, count);
  return cursor.bytes.subarray(start, start + count);
};

function readArgument(cursor: Cursor, initial: number): number {
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

function readNegative(cursor: Cursor, initial: number): number {
  const argument = readArgument(cursor, initial);
  if (argument === Number.MAX_SAFE_INTEGER) throw malformed('an integer beyond 2^53', cursor.offset);
  return -1 - argument;
}

/** Items are counted against the bytes that are left, so that a short message cannot ask for a large allocation. */
function readCount(cursor: Cursor, initial: number, bytesPerItem: number): number {
  const count = readArgument(cursor, initial);
  if (count * bytesPerItem > cursor.bytes.length - cursor.offset) throw malformed('it ends too early', cursor.offset);
  return count;
}

function readBytes(cursor: Cursor, count: number): Uint8Array {
  const bytes = take(cursor, count);
  const copy = allocate(count);
  copy.set(bytes);
  return copy;
}

/** Texts read before, by a hash of their bytes: keys and names come again and again, and need not be built each time. */
const INTERNED = 1024;
const LONGEST_INTERNED = 64;
const interned: (string | undefined)[] = new Array(INTERNED).fill(undefined);

function readText(cursor: Cursor, count: number): string {
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

function readArray(cursor: Cursor, count: number, depth: number): CborValue[] {
  if (depth >= CANONICAL_DEPTH) throw malformed(`nested deeper than ${CANONICAL_DEPTH}`, cursor.offset);
  const items: CborValue[] = [];
  for (let index = 0; index < count; index += 1) items.push(readValue(cursor, depth + 1));
  return items;
}

const NO_ENTRIES = new Map<number | string, CborValue>();

function readMap(cursor: Cursor, count: number, depth: number): CborObject | Map<number | string, CborValue> {
  if (depth >= CANONICAL_DEPTH) throw malformed(`nested deeper than ${CANONICAL_DEPTH}`, cursor.offset);
  const start = cursor.offset;
  // text keys sort behind integer keys: the first key tells what the map becomes
  const isTextMap = count === 0 || (cursor.bytes[start] as number) >> 5 === 3;
  const object: Record<string, CborValue> = {};
  const map = isTextMap ? NO_ENTRIES : new Map<number | string, CborValue>();
  let previousStart = -1;
  let previousEnd = -1;
  for (let index = 0; index < count; index += 1) {
    const keyStart = cursor.offset;
    const key = readValue(cursor, CANONICAL_DEPTH);
    if (previousStart >= 0) requireAscending(cursor, previousStart, previousEnd, keyStart);
    previousStart = keyStart;
    previousEnd = cursor.offset;
    const value = readValue(cursor, depth + 1);
    if (typeof key === 'string' && isTextMap) {
      // assigning this key would change the prototype instead of adding a member
      if (key === '__proto__') throw malformed('the map key `__proto__`', keyStart);
      object[key] = value;
    } else if (typeof key === 'string' || Number.isSafeInteger(key)) {
      map.set(key as number | string, value);
    } else {
      throw malformed('a map key that is neither text nor an integer', keyStart);
    }
  }
  return isTextMap ? object : map;
}

/** Strictly ascending keys are in order and none is there twice. */
function requireAscending(cursor: Cursor, previousStart: number, previousEnd: number, start: number): void {
  const { bytes, offset } = cursor;
  const shared = Math.min(previousEnd - previousStart, offset - start);
  for (let index = 0; index < shared; index += 1) {
    const difference = (bytes[start + index] as number) - (bytes[previousStart + index] as number);
    if (difference > 0) return;
    if (difference < 0) throw malformed('map keys out of order', start);
  }
  // neither encoding of a key is a proper prefix of another
  throw malformed('a map key that is there twice', start);
}

function readSimple(cursor: Cursor, initial: number): CborValue {
  switch (initial) {
    case 0xf4:
      return false;
    case 0xf5:
      return true;
    case 0xf6:
      return null;
    case 0xf9:
      return requireShortest(cursor, cursor.view.getFloat16(need(cursor, 2)), 2);
    case 0xfa:
      return requireShortest(cursor, cursor.view.getFloat32(need(cursor, 4)), 4);
    case 0xfb:
      return requireShortest(cursor, cursor.view.getFloat64(need(cursor, 8)), 8);
    default:
      throw malformed('a simple value that is not used here', cursor.offset - 1);
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

const malformed = (what: string, offset: number): Fault =>
  new Fault('cbor.malformed', `cbor: ${what}, at byte \`${offset}\``, { offset });
