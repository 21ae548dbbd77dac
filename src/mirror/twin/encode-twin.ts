import { asCbor, type CborValue, encodeCanonical } from '#base/canonical';
import type { EstimatorState } from './estimator.ts';
import type { Twin } from './twin.ts';

/**
 * The one encoding of a twin's state: equal bytes if and only if equal states. Replaying history gives the same bytes. Of the
 * commissioned model only its name is in it: it is an input, recorded by itself.
 */
export function encodeTwin(twin: Twin): Uint8Array {
  const { subject, reported, ahead, lastHeard, desired, intake, commissioned, predicted } = twin;
  return encodeCanonical({
    subject,
    model: commissioned?.identifiedFrom ?? null,
    reported: asCbor(reported),
    ahead: asCbor(ahead),
    lastHeard: asCbor(lastHeard),
    desired: asCbor(desired),
    intake: asCbor(intake),
    predicted: predicted === undefined ? null : encodeEstimate(predicted),
  });
}

function encodeEstimate({ at, readAt, estimate, evidence, forecasts }: EstimatorState): CborValue {
  return {
    at,
    readAt,
    estimate: littleEndian(estimate),
    evidence: littleEndian(evidence),
    forecasts: littleEndian(forecasts),
  };
}

/** IEEE 754 binary64, little-endian on every machine. */
export function littleEndian(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 8);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < numbers.length; index += 1) view.setFloat64(index * 8, numbers[index]!, true);
  return bytes;
}
