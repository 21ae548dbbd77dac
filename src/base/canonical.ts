import { allocate } from './allocate.ts';
import { Fault } from './fault.ts';

/**
 * Deterministic CBOR: RFC 8949 section 4.2.1 (shortest heads, definite lengths, keys in bytewise order of their encodings),
 * and every number with an integral safe value as an integer, so that one value has one encoding. No tags, no `undefined`, no
 * simple values but false, true and null, no integer beyond 2^53: whatever would need them is refused.
 *
 * The project's CBOR library (cborg) takes 30 us to encode a device message and cannot tell whether what it decoded was
 * canonical except by encoding it again. This one takes about 2 us each way and checks while it reads; the tests hold it
 * against cborg.
 */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | CborObject
  | ReadonlyMap<number | string, CborValue>;

/** A map whose keys are all text. A member that is undefined is not encoded. */
export interface CborObject {
  readonly [key: string]: CborValue | undefined;
}

/** `T` if all of it can be encoded, with `never` in the place of what cannot. */
export type Encodable<T> = T extends number | string | boolean | null | undefined | Uint8Array
  ? T
  : T extends (...values: never) => unknown
    ? never
    : T extends ReadonlyMap<number | string, CborValue>
      ? T
      : { readonly [K in keyof T]: Encodable<T[K]> };

/** The same value as a `CborValue`: an interface has no index signature, which is all that keeps it from being one. */
export const asCbor = <T extends object>(value: T & Encodable<T>): CborValue => value as unknown as CborValue;

/** Nesting of arrays and maps that is still read. */
export const CANONICAL_DEPTH = 16;

const textEncoder = new TextEncoder();
// ignoreBOM: a leading U+FEFF is kept, otherwise two encodings would give one text
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// One buffer serves all calls: encoding is synchronous and calls nothing that is handed in.
let buffer = new Uint8Array(4096);
let view = new DataView(buffer.buffer);
let length = 0;

/**
 * The one encoding of `value`.
 * @throws Fault `cbor.unencodable` for text with a lone surrogate, a key given twice or nesting beyond `CANONICAL_DEPTH`
 */
export function encodeCanonical(value: CborValue): Uint8Array {
  length = 0;
  writeValue(value, 0);
  const bytes = allocate(length);
  bytes.set(buffer.subarray(0, length));
  return bytes;
}

function reserve(count: number): void {
  if (length + count <= buffer.length) return;
  const larger = new Uint8Array(Math.max(2 * buffer.length, length + count));
  larger.set(buffer.subarray(0, length));
  buffer = larger;
  view = new DataView(buffer.buffer);
}

function writeHead(major: number, argument: number): void {
  reserve(9);
  const top = major << 5;
  if (argument < 24) {
    buffer[length++] = top | argument;
  } else if (argument < 0x100) {
    buffer[length++] = top | 24;
    buffer[length++] = argument;
  } else if (argument < 0x10000) {
    buffer[length++] = top | 25;
    view.setUint16(length, argument);
    length += 2;
  } else if (argument < 0x100000000) {
    buffer[length++] = top | 26;
    view.setUint32(length, argument);
    length += 4;
  } else {
    buffer[length++] = top | 27;
    view.setUint32(length, Math.floor(argument / 0x100000000));
    view.setUint32(length + 4, argument >>> 0);
    length += 8;
  }
}

function writeValue(value: CborValue, depth: number): void {
  switch (typeof value) {
    case 'number':
      writeNumber(value);
      return;
    case 'string':
      writeText(value);
      return;
    case 'boolean':
      reserve(1);
      buffer[length++] = value ? 0xf5 : 0xf4;
      return;
    case 'object':
      writeObject(value, depth);
      return;
    default:
      throw unencodable(`a value of type \`${typeof value}\` has no encoding`);
  }
}

function writeObject(value: Exclude<CborValue, string | number | boolean>, depth: number): void {
  if (value === null) {
    reserve(1);
    buffer[length++] = 0xf6;
  } else if (value instanceof Uint8Array) {
    writeHead(2, value.length);
    reserve(value.length);
    buffer.set(value, length);
    length += value.length;
  } else if (depth >= CANONICAL_DEPTH) {
    throw unencodable(`nested deeper than ${CANONICAL_DEPTH}`);
  } else if (Array.isArray(value)) {
    writeHead(4, value.length);
    for (const item of value as readonly CborValue[]) writeValue(item, depth + 1);
  } else if (value instanceof Map) {
    writeMap(value as ReadonlyMap<number | string, CborValue>, depth);
  } else {
    writeTextMap(value as CborObject, depth);
  }
}

function writeNumber(value: number): void {
  if (Number.isSafeInteger(value)) {
    // -0 is an integer here and becomes 0
    if (value >= 0) writeHead(0, value);
    else writeHead(1, -1 - value);
    return;
  }
  reserve(9);
  if (Math.f16round(value) === value || Number.isNaN(value)) {
    buffer[length++] = 0xf9;
    if (Number.isNaN(value)) view.setUint16(length, 0x7e00);
    else view.setFloat16(length, value);
    length += 2;
  } else if (Math.fround(value) === value) {
    buffer[length++] = 0xfa;
    view.setFloat32(length, value);
    length += 4;
  } else {
    buffer[length++] = 0xfb;
    view.setFloat64(length, value);
    length += 8;
  }
}

function writeText(text: string): void {
  const start = length;
  writeHead(3, text.length);
  reserve(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) {
      length = start;
      writeWideText(text);
      return;
    }
    buffer[length++] = code;
  }
}

function writeWideText(text: string): void {
  if (!text.isWellFormed()) throw unencodable('text holds a lone surrogate');
  const bytes = textEncoder.encode(text);
  writeHead(3, bytes.length);
  reserve(bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

function writeTextMap(value: CborObject, depth: number): void {
  let keys = Object.keys(value);
  let ordered = true;
  let present = true;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as string;
    if (value[key] === undefined) present = false;
    if (index > 0 && ordered && compareText(keys[index - 1] as string, key) > 0) ordered = false;
  }
  if (!present) keys = keys.filter((key) => value[key] !== undefined);
  if (!ordered) keys.sort(compareText);
  writeHead(5, keys.length);
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as string;
    writeText(key);
    writeValue(value[key] as CborValue, depth + 1);
  }
}

/** Bytewise order of the encodings: the head holds the length, so the shorter text comes first, then the UTF-8 bytes decide. */
function compareText(left: string, right: string): number {
  if (!isNarrow(left) || !isNarrow(right)) return compareWideText(left, right);
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function isNarrow(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function compareWideText(left: string, right: string): number {
  const leftBytes = textEncoder.encode(left);
  const rightBytes = textEncoder.encode(right);
  return leftBytes.length - rightBytes.length || compareBytes(leftBytes, rightBytes);
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const shared = Math.min(left.length, right.length);
  for (let index = 0; index < shared; index += 1) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Integer keys, positive before negative by their head, before text keys: the order of the major types. */
function compareKeys(left: number | string, right: number | string): number {
  if (typeof left === 'string') return typeof right === 'string' ? compareText(left, right) : 1;
  if (typeof right === 'string') return -1;
  if (left >= 0 !== right >= 0) return left >= 0 ? -1 : 1;
  return left >= 0 ? left - right : right - left;
}

function writeMap(value: ReadonlyMap<number | string, CborValue>, depth: number): void {
  const keys = [...value.keys()];
  if (keys.some((key, index) => index > 0 && compareKeys(keys[index - 1] as number | string, key) > 0))
    keys.sort(compareKeys);
  writeHead(5, keys.length);
  for (const key of keys) {
    if (typeof key === 'string') writeText(key);
    else if (Number.isSafeInteger(key)) writeNumber(key);
    else throw unencodable(`map key \`${key}\` is neither text nor an integer`);
    writeValue(value.get(key) as CborValue, depth + 1);
  }
}

const unencodable = (what: string): Fault => new Fault('cbor.unencodable', `cbor: ${what}`);

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
