import type { Millis } from '#base/time';
import { createEndpoint } from '#model/thing/endpoint';
import type { EnrolmentKey } from '#model/thing/enrolment-key';
import type { Command, Measurement, Report } from '#model/thing/message';
import type { DevicePorts } from './device.ts';
import type { LinkCodec, LinkFrame } from './link/link-codec.ts';
import type { Peer } from './link/peer.ts';
import { encodePlainReport } from './report-payload.ts';
import { createReportThinner } from './report-thinner.ts';
import type { Reporting, Thinning } from './reporting.ts';

export type ReceivedCommand =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'expired'; readonly command: Command }
  /** Sealed for another thing. */
  | { readonly kind: 'not-for-us' }
  | { readonly kind: 'refused'; readonly reason: 'not-authentic' | 'replayed' | 'malformed' };

export interface Answer {
  readonly commandId: string;
  readonly outcome: 'done' | 'refused' | 'expired';
  readonly reason?: string;
}

/**
 * A device's end of the channel to the platform, which leads over the radio and the gateway; neither is trusted with
 * commands and answers, nor with reports that are sealed.
 */
export interface PlatformEnd {
  /** `measurements` is all that the device could tell; what was told and has not changed may be left out. */
  report(measurements: readonly Measurement[], now: Millis): void;
  openCommand(bytes: Uint8Array, now: Millis): ReceivedCommand;
  answer(answer: Answer, now: Millis): void;
}

export interface PlatformEndConfiguration {
  readonly self: Peer;
  readonly reporting: Reporting;
  readonly thinning: Thinning;
  /** Without it the device takes no commands, and its reports are plain. */
  readonly enrolment: EnrolmentKey | undefined;
  readonly link: LinkCodec;
  readonly ports: DevicePorts;
}

export function createPlatformEnd(configuration: PlatformEndConfiguration): PlatformEnd {
  const { self, reporting, thinning, enrolment, link, ports } = configuration;
  const thinner = createReportThinner(thinning);
  const endpoint = enrolment === undefined ? undefined : createEndpoint(enrolment);

  const send = (operation: LinkFrame['operation'], payload: Uint8Array): void =>
    ports.send('radio', link.encode({ from: self, to: 'gateway', operation, request: 0, payload }));

  return {
    report(all, now) {
      const measurements = thinner.thin(all, now);
      if (measurements.length === 0) return;
      const report: Report = { kind: 'Report', thing: reporting.thing, sentAt: now, measurements };
      if (reporting.sealed && endpoint !== undefined) send('sealed-report', endpoint.seal(report));
      else send('report', encodePlainReport(report));
    },

    openCommand(bytes, now) {
      if (endpoint === undefined) return { kind: 'not-for-us' };
      const opened = endpoint.open(bytes);
      if (opened.kind === 'EnvelopeRefusal') {
        if (opened.reason === 'unknown-sender') return { kind: 'not-for-us' };
        if (opened.reason === 'not-authentic') return { kind: 'refused', reason: 'not-authentic' };
        return { kind: 'refused', reason: opened.reason === 'replayed' ? 'replayed' : 'malformed' };
      }
      const { message } = opened;
      if (message.kind !== 'Command' || message.thing !== reporting.thing) {
        return { kind: 'refused', reason: 'malformed' };
      }
      return { kind: now > message.expiresAt ? 'expired' : 'command', command: message };
    },

    answer({ commandId, outcome, reason }, now) {
      if (endpoint === undefined) return;
      const acknowledgement = { kind: 'Acknowledgement', thing: reporting.thing, commandId, outcome, at: now } as const;
      send('platform-answer', endpoint.seal(reason === undefined ? acknowledgement : { ...acknowledgement, reason }));
    },
  };
}
