import {
  type Cursor,
  createCursor,
  malformed,
  readArgument,
  readByte,
  readBytes,
  readCount,
  readFloat,
  readNegative,
  readTextOf,
  requireEnd,
} from './canonical-reader.ts';
import { CANONICAL_DEPTH, type CborObject, type CborValue } from './cbor-value.ts';

/**
 * The value whose one encoding `bytes` is, so that `encodeCanonical(decodeCanonical(bytes, limit))` equals `bytes`. A map
 * with only text keys becomes an object, any other a `Map`.
 * @param limit the greatest number of bytes that is read
 * @throws Fault `cbor.malformed` for everything else: another form of a number, keys out of order or twice, indefinite
 * lengths, tags, trailing bytes, ill-formed UTF-8
 */
export function decodeCanonical(bytes: Uint8Array, limit: number): CborValue {
  const cursor = createCursor(bytes, limit);
  const value = readValue(cursor, 0);
  requireEnd(cursor);
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
      return readTextOf(cursor, readArgument(cursor, initial));
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
    case 0xfa:
    case 0xfb:
      return readFloat(cursor, initial);
    default:
      throw malformed('a simple value that is not used here', cursor.offset - 1);
  }
}
