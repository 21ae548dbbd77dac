import { Fault } from '#base/fault';
import { decodeContent, encodeContent } from '#model/thing/content';
import type { Report } from '#model/thing/message';
import { MAX_LINK_PAYLOAD } from './link/link-codec.ts';

/**
 * The payload of a report frame. First byte 0: the report in canonical CBOR (SenML, RFC 8428), in clear, for the gateway to
 * seal. First byte 1: bytes that the device sealed for the platform, for the gateway to pass on.
 */
export type ReportPayload =
  /** `content` is the canonical CBOR that `report` was decoded from. */
  | { readonly kind: 'plain'; readonly report: Report; readonly content: Uint8Array }
  | { readonly kind: 'sealed'; readonly bytes: Uint8Array };

const PLAIN = 0;
const SEALED = 1;

const prefixed = (first: number, rest: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(1 + rest.length);
  bytes[0] = first;
  bytes.set(rest, 1);
  return bytes;
};

export const encodePlainReport = (report: Report): Uint8Array => prefixed(PLAIN, encodeContent(report));

export const wrapSealed = (sealed: Uint8Array): Uint8Array => prefixed(SEALED, sealed);

/** `undefined` when the payload is neither. */
export function decodeReportPayload(payload: Uint8Array): ReportPayload | undefined {
  if (payload[0] === SEALED) return { kind: 'sealed', bytes: payload.slice(1) };
  if (payload[0] !== PLAIN) return undefined;
  try {
    const content = payload.subarray(1);
    const report = decodeContent('Report', content, MAX_LINK_PAYLOAD);
    return report.kind === 'Report' ? { kind: 'plain', report, content } : undefined;
  } catch (error) {
    // Anybody can put bytes on a cleartext radio: what does not parse is no report, not an outage.
    if (error instanceof Fault) return undefined;
    throw error;
  }
}
