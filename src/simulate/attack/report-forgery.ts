import { buildLegacyFrame, type LegacyFrame } from '#model/device/link/legacy-frame';
import { decodePlainReport, encodePlainReport } from '#model/device/report-payload';
import type { Measurement, ThingValue } from '#model/thing/message';

/**
 * The report of a device, sent in the clear, with some values replaced; `undefined` where it is not in the clear: a device
 * that seals its own reports leaves nothing to alter.
 */
export function forgeReport(
  genuine: LegacyFrame,
  replaced: Readonly<Record<string, ThingValue>>,
): Uint8Array | undefined {
  if (genuine.operation !== 'report') return undefined;
  const plain = decodePlainReport(genuine.payload);
  if (plain === undefined) return undefined;
  const { report } = plain;
  const altered = { ...report, measurements: replaceValues(report.measurements, replaced) };
  return buildLegacyFrame({ ...genuine, payload: encodePlainReport(altered) });
}

/** Measurements with the values of `replaced` in place of those of the same name. */
export function replaceValues(
  measurements: readonly Measurement[],
  replaced: Readonly<Record<string, ThingValue>>,
): readonly Measurement[] {
  return measurements.map((measurement) => {
    const value = replaced[measurement.name];
    return value === undefined ? measurement : { ...measurement, value };
  });
}
