import {
  type Cursor,
  readArrayHead,
  readBoolean,
  readByte,
  readMapHead,
  readNumber,
  readText,
  viewBytes,
} from '#base/canonical-reader';
import { MAJOR, writeBoolean, writeBytes, writeHead, writeNumber, writeText } from '#base/canonical-writer';
import { Fault } from '#base/fault';
import type { Measurement, ThingValue } from './message.ts';
import type { ThingId } from './thing-id.ts';

/**
 * The labels of SenML in CBOR that are used here (RFC 8428, table 6), each as the one byte that it is encoded in: a negative
 * label `n` is 0x1f - n. Canonical order is therefore the order of these bytes.
 */
const LABEL = {
  name: 0,
  unit: 1,
  number: 2,
  text: 3,
  boolean: 4,
  time: 6,
  data: 8,
  baseVersion: 0x20,
  baseName: 0x21,
  baseTime: 0x22,
  baseUnit: 0x23,
} as const;

const SENML_VERSION = 10;

export const SENML_LIMITS = { records: 256, nameLength: 64, textLength: 256, arrayLength: 4096 } as const;

/** Times below this many seconds are relative to the receiver's clock (RFC 8428, 4.5.3). */
const FIRST_ABSOLUTE_SECOND = 2 ** 28;
const LAST_SECOND = 2 ** 40;
const FLOAT64_BYTES = 8;

/** Writes `measurements` of `thing` as a SenML pack. The base time is `sentAt`, the base name `<thing>/`. */
export function writeSenml(thing: ThingId, sentAt: number, measurements: readonly Measurement[]): void {
  writeHead(MAJOR.array, measurements.length);
  for (let index = 0; index < measurements.length; index += 1) {
    const { name, value, at, unit } = measurements[index] as Measurement;
    const isFirst = index === 0;
    writeHead(MAJOR.map, 2 + (unit === undefined ? 0 : 1) + (at === sentAt ? 0 : 1) + (isFirst ? 2 : 0));
    writeLabel(LABEL.name);
    writeText(name);
    if (unit !== undefined) {
      writeLabel(LABEL.unit);
      writeText(unit);
    }
    if (typeof value !== 'object') writeScalar(value);
    if (at !== sentAt) {
      writeLabel(LABEL.time);
      writeNumber((at - sentAt) / 1000);
    }
    if (typeof value === 'object') {
      writeLabel(LABEL.data);
      writeBytes(packNumbers(value));
    }
    if (isFirst) {
      writeLabel(LABEL.baseName);
      writeText(`${thing}/`);
      writeLabel(LABEL.baseTime);
      writeNumber(sentAt / 1000);
    }
  }
}

const writeLabel = (label: number): void => writeHead(label >> 5, label & 0x1f);

function writeScalar(value: number | string | boolean): void {
  switch (typeof value) {
    case 'number':
      writeLabel(LABEL.number);
      writeNumber(value);
      break;
    case 'string':
      writeLabel(LABEL.text);
      writeText(value);
      break;
    case 'boolean':
      writeLabel(LABEL.boolean);
      writeBoolean(value);
      break;
  }
}

/** Number arrays travel as data values: IEEE 754 binary64, most significant byte first. */
function packNumbers(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * FLOAT64_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setFloat64(index * FLOAT64_BYTES, value);
  return bytes;
}

function unpackNumbers(bytes: Uint8Array): readonly number[] {
  if (bytes.length % FLOAT64_BYTES !== 0) throw malformed('a data value is not whole numbers of eight bytes');
  if (bytes.length > SENML_LIMITS.arrayLength * FLOAT64_BYTES) throw malformed('a data value is too long');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values: number[] = [];
  for (let offset = 0; offset < bytes.length; offset += FLOAT64_BYTES) {
    // a minus zero becomes zero, as it does everywhere else in canonical CBOR: history must read back what was judged
    values.push(view.getFloat64(offset) + 0);
  }
  return values;
}

/** A pack that was read before the thing it is of: a name holds for `baseNames` of the same index. */
export interface Pack {
  readonly measurements: Measurement[];
  readonly baseNames: readonly string[];
}

/**
 * Reads a SenML pack, resolved (RFC 8428, 4.6) but for the names, which `namesWithin` resolves. Stricter than the standard: a
 * label that is not known is a fault, base values and sums are not used, and a relative time is a fault, since a message that
 * an adversary holds back would otherwise grow younger.
 * @throws Fault `senml.malformed`, `cbor.malformed`
 */
export function readSenml(cursor: Cursor): Pack {
  const count = readArrayHead(cursor);
  if (count === undefined || count === 0) throw malformed('a pack is a non-empty array of records');
  if (count > SENML_LIMITS.records) throw malformed(`\`${count}\` records are too many`);
  const base: Base = { name: '', time: 0, unit: undefined };
  const measurements: Measurement[] = [];
  const baseNames: string[] = [];
  for (let index = 0; index < count; index += 1) {
    measurements.push(readRecord(cursor, base));
    baseNames.push(base.name);
  }
  return { measurements, baseNames };
}

/** The measurements of `pack` with the names of `thing`'s properties. @throws Fault `senml.malformed` for another thing's */
export function namesWithin(thing: ThingId, { measurements, baseNames }: Pack): readonly Measurement[] {
  const prefix = `${thing}/`;
  for (let index = 0; index < measurements.length; index += 1) {
    // Our own packs split the name at the prefix: nothing is put together to be taken apart again.
    if (baseNames[index] === prefix) continue;
    const measurement = measurements[index] as Measurement;
    const name = `${baseNames[index]}${measurement.name}`;
    if (!name.startsWith(prefix)) throw malformed(`\`${name}\` is no property of \`${thing}\``);
    measurements[index] = { ...measurement, name: name.slice(prefix.length) };
  }
  return measurements;
}

/** What records take from those before them (RFC 8428, 4.1). */
interface Base {
  name: string;
  time: number;
  unit: string | undefined;
}

function readRecord(cursor: Cursor, base: Base): Measurement {
  let name = '';
  let unit: string | undefined;
  let value: ThingValue | undefined;
  let time = 0;
  let previous = -1;
  for (let left = readMapHead(cursor) ?? wrongType('a record'); left > 0; left -= 1) {
    const label = readByte(cursor);
    if (label <= previous) throw malformed('labels are out of order or there twice');
    previous = label;
    switch (label) {
      case LABEL.name:
        name = readShortText(cursor, 'the name');
        break;
      case LABEL.unit:
        unit = readShortText(cursor, 'the unit');
        break;
      case LABEL.number:
      case LABEL.text:
      case LABEL.boolean:
      case LABEL.data:
        if (value !== undefined) throw malformed('a record holds one value');
        value = readValue(cursor, label);
        break;
      case LABEL.time:
        time = readNumber(cursor) ?? wrongType('the time');
        break;
      case LABEL.baseVersion:
        if (readNumber(cursor) !== SENML_VERSION) throw malformed(`the version is not ${SENML_VERSION}`);
        break;
      case LABEL.baseName:
        base.name = readShortText(cursor, 'the base name');
        break;
      case LABEL.baseTime:
        base.time = readNumber(cursor) ?? wrongType('the base time');
        break;
      case LABEL.baseUnit:
        base.unit = readShortText(cursor, 'the base unit');
        break;
      default:
        throw malformed(`a label that begins with byte \`${label}\` is not known`);
    }
  }
  if (value === undefined) throw malformed('a record holds one value');
  const at = absoluteMillis(base.time + time);
  const stated = unit ?? base.unit;
  return stated === undefined ? { name, value, at } : { name, value, at, unit: stated };
}

type ValueLabel = typeof LABEL.number | typeof LABEL.text | typeof LABEL.boolean | typeof LABEL.data;

function readValue(cursor: Cursor, label: ValueLabel): ThingValue {
  switch (label) {
    case LABEL.number:
      return readNumber(cursor) ?? wrongType('a number');
    case LABEL.text: {
      const text = readText(cursor) ?? wrongType('a text');
      if (text.length > SENML_LIMITS.textLength) throw malformed(`a text of \`${text.length}\` is too long`);
      return text;
    }
    case LABEL.boolean:
      return readBoolean(cursor) ?? wrongType('a boolean');
    case LABEL.data:
      return unpackNumbers(viewBytes(cursor) ?? wrongType('a data value'));
  }
}

function readShortText(cursor: Cursor, what: string): string {
  const text = readText(cursor) ?? wrongType(what);
  if (text.length > 2 * SENML_LIMITS.nameLength)
    throw malformed(`${what} is longer than ${2 * SENML_LIMITS.nameLength}`);
  return text;
}

function wrongType(what: string): never {
  throw malformed(`${what} is of another type`);
}

function absoluteMillis(seconds: number): number {
  if (seconds >= FIRST_ABSOLUTE_SECOND && seconds <= LAST_SECOND) return Math.round(seconds * 1000);
  throw malformed(`time \`${seconds}\` s is relative or out of range`);
}

const malformed = (what: string): Fault => new Fault('senml.malformed', `senml: ${what}`);
