import type { CborValue } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Measurement, ThingValue } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';

/** Labels of SenML in CBOR (RFC 8428, table 6). */
const LABEL = {
  baseVersion: -1,
  baseName: -2,
  baseTime: -3,
  baseUnit: -4,
  name: 0,
  unit: 1,
  number: 2,
  text: 3,
  time: 6,
  boolean: 4,
  data: 8,
} as const;

const KNOWN_LABELS: ReadonlySet<number | string> = new Set<number | string>(Object.values(LABEL));
const SENML_VERSION = 10;

export const SENML_LIMITS = { records: 256, nameLength: 64, textLength: 256, arrayLength: 4096 } as const;

/** Times below this many seconds are relative to the receiver's clock (RFC 8428, 4.5.3). */
const FIRST_ABSOLUTE_SECOND = 2 ** 28;
const LAST_SECOND = 2 ** 40;
const FLOAT64_BYTES = 8;

/** One SenML record; only integer labels are known. */
type SenmlRecord = ReadonlyMap<number | string, CborValue>;

/** `measurements` of `thing` as a SenML pack. The base time is `sentAt`, the base name `<thing>/`. */
export function encodeSenml(
  thing: ThingId,
  sentAt: number,
  measurements: readonly Measurement[],
): readonly SenmlRecord[] {
  return measurements.map(({ name, value, at, unit }, index) => {
    const record = new Map<number, CborValue>([[LABEL.name, name]]);
    if (unit !== undefined) record.set(LABEL.unit, unit);
    record.set(labelOf(value), typeof value === 'object' ? packNumbers(value) : value);
    if (at !== sentAt) record.set(LABEL.time, (at - sentAt) / 1000);
    if (index === 0) {
      record.set(LABEL.baseName, `${thing}/`);
      record.set(LABEL.baseTime, sentAt / 1000);
    }
    return record;
  });
}

function labelOf(value: ThingValue): number {
  switch (typeof value) {
    case 'number':
      return LABEL.number;
    case 'string':
      return LABEL.text;
    case 'boolean':
      return LABEL.boolean;
    case 'object':
      return LABEL.data;
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

/**
 * The measurements of a SenML pack of `thing`, resolved (RFC 8428, 4.6). Stricter than the standard: a label that is not
 * known is a fault, base values and sums are not used, and a relative time is a fault, since a message that an adversary
 * holds back would otherwise grow younger.
 * @throws Fault `senml.malformed`
 */
export function decodeSenml(thing: ThingId, pack: CborValue | undefined): readonly Measurement[] {
  if (!Array.isArray(pack) || pack.length === 0) throw malformed('a pack is a non-empty array of records');
  if (pack.length > SENML_LIMITS.records) throw malformed(`\`${pack.length}\` records are too many`);
  const prefix = `${thing}/`;
  let baseName = '';
  let baseTime = 0;
  let baseUnit: string | undefined;
  const measurements: Measurement[] = [];
  for (const record of pack as readonly CborValue[]) {
    if (!(record instanceof Map)) throw malformed('a record is a map with integer labels');
    const fields: SenmlRecord = record;
    const { value, found } = readValue(fields);
    let used = found;
    for (const label of [LABEL.baseVersion, LABEL.baseName, LABEL.baseTime, LABEL.baseUnit] as const) {
      if (!fields.has(label)) continue;
      used += 1;
      const field = fields.get(label);
      if (label === LABEL.baseVersion && field !== SENML_VERSION)
        throw malformed(`version \`${String(field)}\` is not 10`);
      if (label === LABEL.baseName) baseName = readText(field, 'base name');
      if (label === LABEL.baseTime) baseTime = readNumber(field, 'base time');
      if (label === LABEL.baseUnit) baseUnit = readText(field, 'base unit');
    }
    const time = fields.get(LABEL.time);
    const ownName = fields.get(LABEL.name);
    const ownUnit = fields.get(LABEL.unit);
    if (time !== undefined) used += 1;
    if (ownName !== undefined) used += 1;
    if (ownUnit !== undefined) used += 1;
    if (used !== fields.size) throw malformed(`label \`${unknownLabel(fields)}\` is not known`);
    const own = ownName === undefined ? '' : readText(ownName, 'name');
    // Our own packs split the name at the prefix: nothing is put together to be taken apart again.
    const name = baseName === prefix ? own : propertyOf(thing, prefix, baseName + own);
    const unit = ownUnit === undefined ? baseUnit : readText(ownUnit, 'unit');
    const at = readTime(baseTime + (time === undefined ? 0 : readNumber(time, 'time')));
    measurements.push(unit === undefined ? { name, value, at } : { name, value, at, unit });
  }
  return measurements;
}

function propertyOf(thing: ThingId, prefix: string, name: string): string {
  if (!name.startsWith(prefix)) throw malformed(`\`${name}\` is no property of \`${thing}\``);
  return name.slice(prefix.length);
}

/** `found` counts the value labels, so that the caller can tell whether a record holds others. */
function readValue(record: SenmlRecord): { readonly value: ThingValue; readonly found: 1 } {
  const number = record.get(LABEL.number);
  const text = record.get(LABEL.text);
  const boolean = record.get(LABEL.boolean);
  const data = record.get(LABEL.data);
  let found = 0;
  for (const candidate of [number, text, boolean, data]) if (candidate !== undefined) found += 1;
  if (found !== 1) throw malformed('a record holds one value');
  if (typeof number === 'number') return { value: number, found };
  if (typeof boolean === 'boolean') return { value: boolean, found };
  if (data instanceof Uint8Array) return { value: unpackNumbers(data), found };
  if (typeof text === 'string' && text.length <= SENML_LIMITS.textLength) return { value: text, found };
  throw malformed('a value is of another type than its label, or too long');
}

function unknownLabel(record: SenmlRecord): string {
  for (const label of record.keys()) if (!KNOWN_LABELS.has(label)) return String(label);
  return '';
}

function readText(value: CborValue | undefined, what: string): string {
  if (typeof value === 'string' && value.length <= 2 * SENML_LIMITS.nameLength) return value;
  throw malformed(`${what} is no text of at most ${2 * SENML_LIMITS.nameLength}`);
}

function readNumber(value: CborValue | undefined, what: string): number {
  if (typeof value === 'number') return value;
  throw malformed(`${what} is no number`);
}

function readTime(seconds: number): number {
  if (seconds >= FIRST_ABSOLUTE_SECOND && seconds <= LAST_SECOND) return Math.round(seconds * 1000);
  throw malformed(`time \`${seconds}\` s is relative or out of range`);
}

const malformed = (what: string): Fault => new Fault('senml.malformed', `senml: ${what}`);
