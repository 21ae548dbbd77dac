import type { MgPerDl, Minutes, Units, UnitsPerHour } from '#base/units';

/**
 * The contents of frames: fixed layouts, big-endian, insulin in thousandths of a unit. A decoder answers `undefined` for any
 * other length or a value outside the layout; whether a dose is acceptable is the device's question, not the layout's.
 */

export interface GlucoseReading {
  /** Integer; 39 stands for below 40 and 401 for above 400. */
  readonly glucose: MgPerDl;
  /** Minutes since the sensor was started. */
  readonly sensorMinute: Minutes;
}

export interface TemporaryBasal {
  readonly rate: UnitsPerHour;
  readonly duration: Minutes;
}

export interface PumpLimits {
  readonly maxBolus: Units;
  readonly maxBasal: UnitsPerHour;
}

const ACKNOWLEDGEMENTS = ['applied', 'refused', 'pending', 'expired'] as const;
/** `pending`: the person is asked first; a second acknowledgement tells the outcome. */
export type LinkOutcome = (typeof ACKNOWLEDGEMENTS)[number];

export const HOURS_PER_DAY = 24;
export const NO_PAYLOAD: Uint8Array = new Uint8Array(0);

const milli = (amount: number): number => Math.round(amount * 1_000);

// Not by way of a DataView: making one costs more than the few bytes that it is made for.
function setUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function setUint32(bytes: Uint8Array, at: number, value: number): void {
  setUint16(bytes, at, value >>> 16);
  setUint16(bytes, at + 2, value);
}

const getUint16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;

const getUint32 = (bytes: Uint8Array, at: number): number =>
  ((getUint16(bytes, at) << 16) | getUint16(bytes, at + 2)) >>> 0;

export function encodeGlucoseReading(reading: GlucoseReading): Uint8Array {
  const bytes = new Uint8Array(6);
  setUint16(bytes, 0, reading.glucose);
  setUint32(bytes, 2, reading.sensorMinute);
  return bytes;
}

export function decodeGlucoseReading(bytes: Uint8Array): GlucoseReading | undefined {
  if (bytes.length !== 6) return undefined;
  return { glucose: getUint16(bytes, 0), sensorMinute: getUint32(bytes, 2) };
}

export function encodeTemporaryBasal({ rate, duration }: TemporaryBasal): Uint8Array {
  const bytes = new Uint8Array(6);
  setUint32(bytes, 0, milli(rate));
  setUint16(bytes, 4, duration);
  return bytes;
}

export function decodeTemporaryBasal(bytes: Uint8Array): TemporaryBasal | undefined {
  if (bytes.length !== 6) return undefined;
  return { rate: getUint32(bytes, 0) / 1_000, duration: getUint16(bytes, 4) };
}

export function encodeBolus(units: Units): Uint8Array {
  const bytes = new Uint8Array(4);
  setUint32(bytes, 0, milli(units));
  return bytes;
}

export function decodeBolus(bytes: Uint8Array): Units | undefined {
  return bytes.length === 4 ? getUint32(bytes, 0) / 1_000 : undefined;
}

/** 24 hourly rates, from midnight on. */
export function encodeBasalProfile(rates: readonly UnitsPerHour[]): Uint8Array {
  const bytes = new Uint8Array(2 * HOURS_PER_DAY);
  for (let hour = 0; hour < HOURS_PER_DAY; hour += 1) setUint16(bytes, 2 * hour, milli(rates[hour] ?? 0));
  return bytes;
}

export function decodeBasalProfile(bytes: Uint8Array): readonly UnitsPerHour[] | undefined {
  if (bytes.length !== 2 * HOURS_PER_DAY) return undefined;
  return Array.from({ length: HOURS_PER_DAY }, (_, hour) => getUint16(bytes, 2 * hour) / 1_000);
}

export function encodeLimits({ maxBolus, maxBasal }: PumpLimits): Uint8Array {
  const bytes = new Uint8Array(8);
  setUint32(bytes, 0, milli(maxBolus));
  setUint32(bytes, 4, milli(maxBasal));
  return bytes;
}

export function decodeLimits(bytes: Uint8Array): PumpLimits | undefined {
  if (bytes.length !== 8) return undefined;
  return { maxBolus: getUint32(bytes, 0) / 1_000, maxBasal: getUint32(bytes, 4) / 1_000 };
}

export const encodeSwitch = (on: boolean): Uint8Array => Uint8Array.of(on ? 1 : 0);

export function decodeSwitch(bytes: Uint8Array): boolean | undefined {
  return bytes.length === 1 && bytes[0]! <= 1 ? bytes[0] === 1 : undefined;
}

export const encodeOutcome = (outcome: LinkOutcome): Uint8Array => Uint8Array.of(ACKNOWLEDGEMENTS.indexOf(outcome));

export function decodeOutcome(bytes: Uint8Array): LinkOutcome | undefined {
  return bytes.length === 1 ? ACKNOWLEDGEMENTS[bytes[0]!] : undefined;
}
