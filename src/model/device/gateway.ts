import { MINUTE, type Millis } from '#base/time';
import type { EnrolmentKey } from '#model/thing/enrolment-key';
import type { Measurement, Report } from '#model/thing/message';
import type { ThingId } from '#model/thing/thing-id';
import type { DevicePorts } from './device.ts';
import { createKeptEndpoint } from './kept-endpoint.ts';
import { createLink, type LinkConfiguration } from './link/link.ts';
import type { LinkFrame } from './link/link-codec.ts';
import { MAX_LINK_PAYLOAD } from './link/link-codec.ts';
import { carriesSealed } from './link/operation.ts';
import type { Peer } from './link/peer.ts';
import type { PlatformAccess, PlatformDevice } from './platform-access.ts';
import { BUNDLE_TIMER, createReportBundler } from './report-bundler.ts';
import { decodePlainReport } from './report-payload.ts';

/** Of its access, the enrolment seals what it reports for itself and for the devices whose reports are plain. */
export interface GatewayConfiguration extends PlatformAccess {
  readonly link: LinkConfiguration;
  readonly thing: ThingId;
  readonly enrolment: EnrolmentKey;
  /** Which thing each peer of the radio may report for. */
  readonly things: Readonly<Partial<Record<Peer, ThingId>>>;
  readonly queueLimit?: number;
}

export interface Gateway extends PlatformDevice {
  /** While the uplink is down, messages wait in a bounded queue; the oldest ones are dropped first. */
  setUplink(up: boolean): void;
  /** What malware does to reports before the gateway seals them; `undefined` as result withholds one. */
  tamperReport(by: ((report: Report) => Report | undefined) | undefined): void;
  /** Malware: whether to drop bytes that are sealed end to end, in either direction. */
  dropRelayed(drops: boolean): void;
  /** Malware: seals and sends a report under the gateway's own key. */
  sendReport(report: Report): void;
  report(): readonly Measurement[];
}

/** With the next bundle after this the gateway tells of itself, */
export const HEARTBEAT_DUE: Millis = 20 * MINUTE;
/** and without a bundle after this: before anybody wonders whether it is there (rule `silence`). */
export const HEARTBEAT_PERIOD: Millis = 25 * MINUTE;
/** Almost two days of bundles, or half a day of reports that devices sealed themselves. */
export const DEFAULT_QUEUE_LIMIT = 512;
const HEARTBEAT_TIMER = 'heartbeat';

/**
 * Carries reports from the body-area radio to the platform, those it speaks for in bundles, and sealed commands and answers
 * both ways.
 */
export function createGateway(configuration: GatewayConfiguration, ports: DevicePorts): Gateway {
  const { thing, things } = configuration;
  const link = createLink(configuration.link, new Set());
  const endpoint = createKeptEndpoint(configuration, ports);
  const queueLimit = configuration.queueLimit ?? DEFAULT_QUEUE_LIMIT;
  let queue: Uint8Array[] = [];
  let isUp = true;
  let startedAt: Millis = 0;
  let toldAt: Millis = 0;
  let relayed = 0;
  let tamper: ((report: Report) => Report | undefined) | undefined;
  let dropsRelayed = false;

  const forward = (bytes: Uint8Array): void => {
    if (isUp) {
      ports.send('uplink', bytes);
      return;
    }
    queue.push(bytes);
    if (queue.length > queueLimit) queue.shift();
  };

  const bundler = createReportBundler(endpoint, ports, forward);

  const relay = (pass: () => void): void => {
    if (dropsRelayed) return;
    relayed += 1;
    pass();
  };

  const measure = (now: Millis): readonly Measurement[] => [
    { name: 'uptime', value: Math.floor((now - startedAt) / MINUTE), at: now },
    { name: 'relayed', value: relayed, at: now },
  ];

  const tellOfItself = (): void => {
    ports.schedule(HEARTBEAT_TIMER, HEARTBEAT_PERIOD);
    toldAt = ports.now();
    bundler.add({ kind: 'Report', thing, sentAt: toldAt, measurements: measure(toldAt) });
  };

  const handleReport = (frame: LinkFrame): void => {
    const plain = decodePlainReport(frame.payload);
    if (plain === undefined) return;
    // On a secured link the peer is genuine, on the legacy link it is a claim: either way it speaks for its own thing only.
    if (plain.report.thing !== things[frame.from]) {
      ports.trace({ kind: 'frame-refused', operation: 'report', reason: 'not-spoken-for' });
      return;
    }
    ports.trace({ kind: 'frame-accepted', operation: 'report' });
    relayed += 1;
    const report = tamper === undefined ? plain.report : tamper(plain.report);
    if (report === undefined) return;
    // What was read from canonical bytes and not touched is those bytes: they are not encoded again.
    if (report === plain.report) bundler.add(report, plain.content);
    else bundler.add(report);
  };

  return {
    start() {
      startedAt = ports.now();
      tellOfItself();
    },

    receive(kind, bytes) {
      if (kind === 'uplink') {
        if (bytes.length > MAX_LINK_PAYLOAD) {
          ports.trace({ kind: 'frame-refused', operation: 'platform-command', reason: 'too-large' });
          return;
        }
        const frame = {
          from: 'gateway',
          to: 'all',
          operation: 'platform-command',
          request: 0,
          payload: bytes,
        } as const;
        relay(() => ports.send('radio', link.encode(frame)));
        return;
      }
      const decoded = link.decode(bytes);
      if (decoded.kind === 'refused') {
        ports.trace({ kind: 'frame-refused', operation: decoded.operation, reason: decoded.reason });
      } else if (decoded.kind === 'frame') {
        const { frame } = decoded;
        if (frame.operation === 'report') handleReport(frame);
        // Unreadable here: whether it is genuine is for the platform to find out. Passed on as it lies in the frame, which
        // nobody writes to once it was sent.
        else if (carriesSealed(frame.operation)) relay(() => forward(frame.payload));
      }
    },

    onTimer(timer) {
      if (timer === HEARTBEAT_TIMER) tellOfItself();
      if (timer !== BUNDLE_TIMER) return;
      if (ports.now() - toldAt >= HEARTBEAT_DUE) tellOfItself();
      bundler.flush();
    },

    setUplink(up) {
      isUp = up;
      if (!up) return;
      const waiting = queue;
      queue = [];
      for (const bytes of waiting) ports.send('uplink', bytes);
    },

    tamperReport(by) {
      tamper = by;
    },
    dropRelayed(drops) {
      dropsRelayed = drops;
    },
    sendReport: (report) => forward(endpoint.seal(report)),
    report: () => measure(ports.now()),
    endpointState: () => endpoint.snapshot(),
  };
}
