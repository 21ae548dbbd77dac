import { allocate } from './allocate.ts';
import { Fault } from './fault.ts';

/**
 * Writes canonical CBOR item by item, for those who know the order of what they write: `startWriting`, the items, `written`.
 * The heads are the shortest ones; that the items are as many as their head says, and keys in order, is the writer's part.
 */

const textEncoder = new TextEncoder();

// One buffer serves all: writing is synchronous, and between `startWriting` and `written` nothing is called that writes too.
let buffer = new Uint8Array(4096);
let view = new DataView(buffer.buffer);
let length = 0;

export function startWriting(): void {
  length = 0;
}

/** A copy of all that was written since `startWriting`. */
export function written(): Uint8Array {
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

/** Major types (RFC 8949, 3.1). */
export const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6 } as const;

export function writeHead(major: number, argument: number): void {
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

export function writeBoolean(value: boolean): void {
  reserve(1);
  buffer[length++] = value ? 0xf5 : 0xf4;
}

export function writeNull(): void {
  reserve(1);
  buffer[length++] = 0xf6;
}

export function writeBytes(bytes: Uint8Array): void {
  writeHead(MAJOR.bytes, bytes.length);
  reserve(bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

export function writeNumber(value: number): void {
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

/** @throws Fault `cbor.unencodable` for a lone surrogate */
export const writeText = (text: string): void => writeUtf8(MAJOR.text, text);

/** The UTF-8 of a text as a byte string. @throws Fault `cbor.unencodable` for a lone surrogate */
export const writeTextAsBytes = (text: string): void => writeUtf8(MAJOR.bytes, text);

function writeUtf8(major: number, text: string): void {
  const start = length;
  writeHead(major, text.length);
  reserve(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) {
      length = start;
      writeWideText(major, text);
      return;
    }
    buffer[length++] = code;
  }
}

function writeWideText(major: number, text: string): void {
  if (!text.isWellFormed()) throw unencodable('text holds a lone surrogate');
  const bytes = textEncoder.encode(text);
  writeHead(major, bytes.length);
  reserve(bytes.length);
  buffer.set(bytes, length);
  length += bytes.length;
}

export const unencodable = (what: string): Fault => new Fault('cbor.unencodable', `cbor: ${what}`);
