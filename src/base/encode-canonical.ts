import {
  MAJOR,
  startWriting,
  unencodable,
  writeBoolean,
  writeBytes,
  writeHead,
  writeNull,
  writeNumber,
  writeText,
  written,
} from './canonical-writer.ts';
import { CANONICAL_DEPTH, type CborObject, type CborValue } from './cbor-value.ts';

const textEncoder = new TextEncoder();

/**
 * The one encoding of `value`.
 * @throws Fault `cbor.unencodable` for text with a lone surrogate, a key that is neither text nor integer or is `__proto__`, nesting beyond `CANONICAL_DEPTH`
 */
export function encodeCanonical(value: CborValue): Uint8Array {
  startWriting();
  writeValue(value, 0);
  return written();
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
      writeBoolean(value);
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
    writeNull();
  } else if (value instanceof Uint8Array) {
    writeBytes(value);
  } else if (depth >= CANONICAL_DEPTH) {
    throw unencodable(`nested deeper than ${CANONICAL_DEPTH}`);
  } else if (Array.isArray(value)) {
    writeHead(MAJOR.array, value.length);
    for (const item of value as readonly CborValue[]) writeValue(item, depth + 1);
  } else if (value instanceof Map) {
    writeMap(value as ReadonlyMap<number | string, CborValue>, depth);
  } else {
    writeTextMap(value as CborObject, depth);
  }
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
  writeHead(MAJOR.map, keys.length);
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as string;
    writeKey(key);
    writeValue(value[key] as CborValue, depth + 1);
  }
}

/** INVARIANT: refuses what the decoder refuses, or a record could be written that nobody can read again. */
function writeKey(key: string): void {
  if (key === '__proto__') throw unencodable('map key `__proto__`');
  writeText(key);
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
  writeHead(MAJOR.map, keys.length);
  for (const key of keys) {
    if (typeof key === 'string') writeKey(key);
    else if (Number.isSafeInteger(key)) writeNumber(key);
    else throw unencodable(`map key \`${key}\` is neither text nor an integer`);
    writeValue(value.get(key) as CborValue, depth + 1);
  }
}
