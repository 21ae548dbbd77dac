import { createRandom } from '#base/random';
import { MINUTE } from '#base/time';
import type { MgPerDl, Units } from '#base/units';
import type { Alarm } from '#model/device/alarm';
import type { Trace } from '#model/device/device';
import { createGateway, type Gateway } from '#model/device/gateway';
import { createGlucoseMonitor, type GlucoseMonitor } from '#model/device/glucose-monitor';
import { createHandset } from '#model/device/handset/handset';
import type { Handset } from '#model/device/handset/handset-types';
import { type HandsetMode, settingsFor } from '#model/device/handset/settings';
import type { PumpDefences } from '#model/device/insulin-pump/configuration';
import { createInsulinPump } from '#model/device/insulin-pump/insulin-pump';
import type { InsulinPump } from '#model/device/insulin-pump/insulin-pump-types';
import type { LinkSecurity } from '#model/device/link/link-codec';
import { deriveEnrolmentKey, type EnrolmentKey } from '#model/thing/enrolment-key';
import { openMessage } from '#model/thing/envelope';
import type { Acknowledgement, Report } from '#model/thing/message';
import { COMMAND_KEY } from './command-key.ts';
import { createFakeWard, type FakeWard, LEGACY, linkOf } from './fake-ward.ts';

export type ThingName = 'cgm' | 'pump' | 'handset' | 'gateway';

const enrol = (thing: ThingName): EnrolmentKey =>
  deriveEnrolmentKey(thing, createRandom('closed loop').fork(thing).bytes(32));

export const ENROLMENTS: Readonly<Record<ThingName, EnrolmentKey>> = {
  cgm: enrol('cgm'),
  pump: enrol('pump'),
  handset: enrol('handset'),
  gateway: enrol('gateway'),
};

export interface UplinkMessage {
  readonly sender: string;
  readonly content: Report | Acknowledgement;
}

/** All devices of one person around one radio; glucose is whatever `sense` says. */
export interface ClosedLoop {
  readonly ward: FakeWard;
  readonly cgm: GlucoseMonitor;
  readonly pump: InsulinPump;
  readonly handset: Handset;
  readonly gateway: Gateway;
  readonly notified: readonly Alarm[];
  readonly traces: Readonly<Record<ThingName, readonly Trace[]>>;
  pushed(): Units;
  /** What the platform can open of what the gateway sent. */
  uplink(): readonly UplinkMessage[];
  uplinkBytes(): readonly Uint8Array[];
}

export interface ClosedLoopOptions {
  readonly security?: LinkSecurity;
  readonly sealed?: boolean;
  readonly mode?: HandsetMode;
  readonly defences?: PumpDefences;
  readonly sense?: () => MgPerDl;
}

export function createClosedLoop(options: ClosedLoopOptions = {}): ClosedLoop {
  const { security = LEGACY, sealed = false, mode = 'closed-loop', defences = {}, sense = () => 120 } = options;
  const ward = createFakeWard();
  const hosts = {
    cgm: ward.device('cgm'),
    pump: ward.device('pump'),
    handset: ward.device('handset'),
    gateway: ward.device('gateway'),
  };
  const figures = { basalRate: 1, carbRatio: 10, correctionFactor: 30, totalDailyInsulin: 45 };
  const settings = settingsFor(figures, mode);
  const notified: Alarm[] = [];
  let pushed = 0;
  const common = (self: ThingName) => ({
    link: linkOf(self, security),
    reporting: { thing: self, sealed },
    enrolment: ENROLMENTS[self],
    commandKeys: [COMMAND_KEY.publicKey],
  });
  const cgm = createGlucoseMonitor({ ...common('cgm'), phase: 2.5 * MINUTE }, { ...hosts.cgm.ports, sense });
  const pump = createInsulinPump(
    {
      ...common('pump'),
      basalProfile: settings.basalProfile,
      maxBolus: settings.maxBolus,
      maxBasal: settings.maxBasal,
      remoteEnabled: false,
      defences,
    },
    {
      ...hosts.pump.ports,
      askPerson() {},
      deliver(units) {
        pushed += units;
      },
    },
  );
  const handset = createHandset(
    { ...common('handset'), settings, totalDailyInsulin: figures.totalDailyInsulin },
    { ...hosts.handset.ports, notifyPerson: (alarm) => void notified.push(alarm) },
  );
  const gateway = createGateway(
    {
      link: linkOf('gateway', security),
      thing: 'gateway',
      enrolment: ENROLMENTS.gateway,
      things: { cgm: 'cgm', pump: 'pump', handset: 'handset' },
    },
    hosts.gateway.ports,
  );
  ward.attach('gateway', gateway);
  ward.attach('cgm', cgm);
  ward.attach('pump', pump);
  ward.attach('handset', handset);
  const uplinkBytes = (): readonly Uint8Array[] =>
    hosts.gateway.sent.filter(({ link }) => link === 'uplink').map(({ bytes }) => bytes);
  return {
    ward,
    cgm,
    pump,
    handset,
    gateway,
    notified,
    traces: {
      cgm: hosts.cgm.traces,
      pump: hosts.pump.traces,
      handset: hosts.handset.traces,
      gateway: hosts.gateway.traces,
    },
    pushed: () => Math.round(pushed * 1e6) / 1e6,
    uplinkBytes,
    uplink: () =>
      uplinkBytes().flatMap((bytes) => {
        const opened = openMessage(bytes, (owner) => ENROLMENTS[owner as ThingName]?.uplink);
        if (opened.kind !== 'Opened' || opened.message.kind === 'SignedCommand') return [];
        const { sender, message } = opened;
        if (message.kind === 'Bundle') return message.reports.map((content) => ({ sender, content }));
        return [{ sender, content: message }];
      }),
  };
}
