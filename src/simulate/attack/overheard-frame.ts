import type { MgPerDl } from '#base/units';
import {
  buildLegacyFrame,
  LEGACY_COUNTER_FAMILY,
  LEGACY_FAMILY,
  type LegacyFrame,
  parseLegacyFrame,
} from '#model/device/link/legacy-frame';
import { type Operation, operationFromNumber } from '#model/device/link/operation';
import { decodeGlucoseReading, encodeGlucoseReading } from '#model/device/link/payload';
import { type Address, addressFromNumber } from '#model/device/link/peer';
import { RELAY_FAMILY } from '#model/device/link/relay-frame';
import { SECURED_FAMILY } from '#model/device/link/secured-link';

/** What the header of a frame gives away. It is in the clear on every link: encryption hides the payload, not the traffic. */
export interface FrameHeader {
  readonly from: Address;
  readonly to: Address;
  readonly operation: Operation;
}

export function readHeader(frame: Uint8Array): FrameHeader | undefined {
  const family = frame[0];
  const addresses = frame[1];
  if (family === undefined || addresses === undefined) return undefined;
  const legacy = family === LEGACY_FAMILY || family === LEGACY_COUNTER_FAMILY;
  if (!legacy && family !== SECURED_FAMILY && family !== RELAY_FAMILY) return undefined;
  const from = addressFromNumber(addresses >>> 4);
  const to = addressFromNumber(addresses & 0x0f);
  const operation = operationFromNumber(frame[legacy ? 5 : 2] ?? 0xff);
  return from === undefined || to === undefined || operation === undefined ? undefined : { from, to, operation };
}

/** The whole frame, where the link keeps no secrets. */
export function readLegacy(frame: Uint8Array): LegacyFrame | undefined {
  const parsed = parseLegacyFrame(frame);
  return parsed.kind === 'frame' ? parsed.frame : undefined;
}

/** The glucose of a reading that was sent in the clear. */
export function readGlucose(frame: LegacyFrame): MgPerDl | undefined {
  return frame.operation === 'glucose-reading' ? decodeGlucoseReading(frame.payload)?.glucose : undefined;
}

/** The same reading with another glucose, under the overheard transmitter's number and, where there is one, its counter. */
export function forgeReading(genuine: LegacyFrame, glucose: MgPerDl): Uint8Array {
  const sensorMinute = decodeGlucoseReading(genuine.payload)?.sensorMinute ?? 0;
  return buildLegacyFrame({ ...genuine, payload: encodeGlucoseReading({ glucose, sensorMinute }) });
}
