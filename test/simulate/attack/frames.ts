import { buildLegacyFrame, type LegacyFrame, parseLegacyFrame } from '#model/device/link/legacy-frame';
import { encodeBolus, encodeGlucoseReading, NO_PAYLOAD } from '#model/device/link/payload';
import { SECURED_FAMILY } from '#model/device/link/secured-link';
import { encodePlainReport } from '#model/device/report-payload';
import type { Measurement } from '#model/thing/message';
import { MIDNIGHT } from './fake-points.ts';

export const PUMP_SERIAL = 313_131;
export const MONITOR_SERIAL = 424_242;

export const bolusFrame = (units: number, from: 'handset' | 'remote' = 'remote'): Uint8Array =>
  buildLegacyFrame({
    from,
    to: 'pump',
    operation: 'bolus',
    request: 1,
    payload: encodeBolus(units),
    serial: PUMP_SERIAL,
  });

export const temporaryBasalFrame = (counter?: number): Uint8Array =>
  buildLegacyFrame({
    from: 'handset',
    to: 'pump',
    operation: 'set-temporary-basal',
    request: 2,
    payload: NO_PAYLOAD,
    serial: PUMP_SERIAL,
    ...(counter === undefined ? {} : { counter }),
  });

export const readingFrame = (glucose: number, sensorMinute = 100, counter?: number): Uint8Array =>
  buildLegacyFrame({
    from: 'cgm',
    to: 'all',
    operation: 'glucose-reading',
    request: 0,
    payload: encodeGlucoseReading({ glucose, sensorMinute }),
    serial: MONITOR_SERIAL,
    ...(counter === undefined ? {} : { counter }),
  });

export const reportFrame = (measurements: readonly Measurement[]): Uint8Array =>
  buildLegacyFrame({
    from: 'cgm',
    to: 'gateway',
    operation: 'report',
    request: 0,
    payload: encodePlainReport({ kind: 'Report', thing: 'cgm', sentAt: MIDNIGHT, measurements }),
    serial: MONITOR_SERIAL,
  });

/** Header of an encrypted reading with bytes that nobody here can read. */
export const encryptedReading = (): Uint8Array =>
  Uint8Array.of(SECURED_FAMILY, 0x10, 0, ...new Array<number>(40).fill(7));

export function parsed(frame: Uint8Array | undefined): LegacyFrame {
  const result = frame === undefined ? undefined : parseLegacyFrame(frame);
  if (result?.kind !== 'frame') throw new Error('no legacy frame');
  return result.frame;
}
