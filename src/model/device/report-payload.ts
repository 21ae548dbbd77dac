import { Fault } from '#base/fault';
import { decodeContent, encodeContent } from '#model/thing/content';
import type { Report } from '#model/thing/message';
import { MAX_LINK_PAYLOAD } from './link/link-codec.ts';

/**
 * The payload of a `report` frame: the report in canonical CBOR (SenML, RFC 8428), for the gateway to seal. A device that seals
 * its reports itself sends them as `sealed-report`.
 */
export interface PlainReport {
  readonly report: Report;
  /** The bytes that `report` was decoded from. */
  readonly content: Uint8Array;
}

export const encodePlainReport: (report: Report) => Uint8Array = encodeContent;

/** `undefined` when the payload is no report. */
export function decodePlainReport(content: Uint8Array): PlainReport | undefined {
  try {
    const report = decodeContent('Report', content, MAX_LINK_PAYLOAD);
    return report.kind === 'Report' ? { report, content } : undefined;
  } catch (error) {
    // Anybody can put bytes on a cleartext radio: what does not parse is no report, not an outage.
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
