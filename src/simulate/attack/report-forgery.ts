import { decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { buildLegacyFrame, type LegacyFrame } from '#model/device/link/legacy-frame';
import { MAX_LINK_PAYLOAD } from '#model/device/link/link-codec';
import type { Measurement, ThingValue } from '#model/thing/message';
import { decodeSenml, encodeSenml } from '#model/thing/senml';

/**
 * The report of a device, sent in the clear, with some values replaced; `undefined` where it is not in the clear: a device
 * that seals its own reports leaves nothing to alter.
 */
export function forgeReport(
  genuine: LegacyFrame,
  replaced: Readonly<Record<string, ThingValue>>,
): Uint8Array | undefined {
  if (genuine.operation !== 'report') return undefined;
  const measurements = readReport(genuine);
  if (measurements === undefined) return undefined;
  const sentAt = measurements.reduce((latest, { at }) => Math.max(latest, at), 0);
  const altered = replaceValues(measurements, replaced);
  return buildLegacyFrame({ ...genuine, payload: encodeCanonical(encodeSenml(genuine.from, sentAt, altered)) });
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

function readReport(frame: LegacyFrame): readonly Measurement[] | undefined {
  try {
    return decodeSenml(frame.from, decodeCanonical(frame.payload, MAX_LINK_PAYLOAD));
  } catch (error) {
    // Somebody else's format, such as a sealed one: nothing that this adversary can read.
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
