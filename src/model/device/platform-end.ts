import type { Millis } from '#base/time';
import type { EndpointState } from '#model/thing/endpoint-state';
import type { EnvelopeRefusal } from '#model/thing/envelope';
import type { Command, Measurement, Report } from '#model/thing/message';
import type { DevicePorts } from './device.ts';
import { createKeptEndpoint } from './kept-endpoint.ts';
import type { LinkCodec, LinkFrame } from './link/link-codec.ts';
import type { Peer } from './link/peer.ts';
import type { PlatformAccess } from './platform-access.ts';
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
  /** Opens, verifies, and refuses what is not newer than the last command; what is handed on is kept by then. */
  openCommand(bytes: Uint8Array, now: Millis): ReceivedCommand;
  answer(answer: Answer, now: Millis): void;
  /** For an orderly stop; undefined without an enrolment. */
  snapshot(): EndpointState | undefined;
}

export interface PlatformEndConfiguration {
  readonly self: Peer;
  readonly reporting: Reporting;
  readonly thinning: Thinning;
  readonly access: PlatformAccess;
  readonly link: LinkCodec;
  readonly ports: DevicePorts;
}

export function createPlatformEnd(configuration: PlatformEndConfiguration): PlatformEnd {
  const { self, reporting, thinning, access, link, ports } = configuration;
  const thinner = createReportThinner(thinning);
  const { enrolment } = access;
  const endpoint = enrolment === undefined ? undefined : createKeptEndpoint({ ...access, enrolment }, ports);

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
      const opened = endpoint.openCommand(bytes);
      if (opened.kind === 'EnvelopeRefusal') return RECEIVED[opened.reason];
      const { command } = opened;
      if (command.thing !== reporting.thing) return RECEIVED.malformed;
      return { kind: now > command.expiresAt ? 'expired' : 'command', command };
    },

    answer({ commandId, outcome, reason }, now) {
      if (endpoint === undefined) return;
      const acknowledgement = { kind: 'Acknowledgement', thing: reporting.thing, commandId, outcome, at: now } as const;
      send('platform-answer', endpoint.seal(reason === undefined ? acknowledgement : { ...acknowledgement, reason }));
    },

    snapshot: () => endpoint?.snapshot(),
  };
}

const refusedAs = (reason: 'not-authentic' | 'replayed' | 'malformed'): ReceivedCommand => ({
  kind: 'refused',
  reason,
});

/** What a device makes of each refusal of its endpoint. */
const RECEIVED: Readonly<Record<EnvelopeRefusal['reason'], ReceivedCommand>> = {
  'unknown-sender': { kind: 'not-for-us' },
  'not-authentic': refusedAs('not-authentic'),
  replayed: refusedAs('replayed'),
  'too-old': refusedAs('replayed'),
  'too-large': refusedAs('malformed'),
  malformed: refusedAs('malformed'),
};
