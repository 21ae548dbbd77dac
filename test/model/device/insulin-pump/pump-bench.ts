import { createRandom } from '#base/random';
import type { Units } from '#base/units';
import type { Trace } from '#model/device/device';
import type { InsulinPumpConfiguration } from '#model/device/insulin-pump/configuration';
import { createInsulinPump } from '#model/device/insulin-pump/insulin-pump';
import type { ConfirmationRequest, InsulinPump } from '#model/device/insulin-pump/insulin-pump-types';
import { createLink } from '#model/device/link/link';
import type { LinkSecurity } from '#model/device/link/link-codec';
import type { Operation } from '#model/device/link/operation';
import { decodeOutcome, NO_PAYLOAD } from '#model/device/link/payload';
import type { Peer } from '#model/device/link/peer';
import { decodePlainReport } from '#model/device/report-payload';
import { signCommand } from '#model/thing/command-signature';
import { deriveEnrolmentKey, type EnrolmentKey } from '#model/thing/enrolment-key';
import { openMessage, sealMessage } from '#model/thing/envelope';
import type { Acknowledgement, Command, ThingValue } from '#model/thing/message';
import { COMMAND_KEY } from '../command-key.ts';
import { createFakeWard, type FakeWard, LEGACY, linkOf } from '../fake-ward.ts';

/** A pump on a table: what it pushes out, what it says, and peers that speak to it. */
export interface PumpBench {
  readonly ward: FakeWard;
  readonly pump: InsulinPump;
  readonly traces: readonly Trace[];
  readonly asked: readonly ConfirmationRequest[];
  /** What has left the outlet. */
  pushed(): Units;
  /** Sends a frame from a peer; each call is a new request. @returns the bytes, for a recording */
  say(from: Peer, operation: Operation, payload?: Uint8Array): Uint8Array;
  /** Outcomes of all acknowledgements. */
  outcomes(): readonly (string | undefined)[];
  value(name: string): ThingValue | undefined;
  command(action: string, input: Command['input'], changes?: Partial<Command>): Uint8Array;
  answers(): readonly Acknowledgement[];
  reports(): number;
}

export const FLAT_PROFILE: readonly number[] = Array.from({ length: 24 }, () => 1);

export const PUMP_ENROLMENT: EnrolmentKey = deriveEnrolmentKey('pump', createRandom('pump enrolment').bytes(32));

export function createPumpBench(
  changes: Partial<InsulinPumpConfiguration> = {},
  security: LinkSecurity = LEGACY,
): PumpBench {
  const ward = createFakeWard();
  const { ports, traces, sent } = ward.device('pump');
  const asked: ConfirmationRequest[] = [];
  let pushed = 0;
  const pump = createInsulinPump(
    {
      link: linkOf('pump', security),
      reporting: { thing: 'pump', sealed: false },
      enrolment: PUMP_ENROLMENT,
      commandKeys: [COMMAND_KEY.publicKey],
      basalProfile: FLAT_PROFILE,
      maxBolus: 25,
      maxBasal: 10,
      remoteEnabled: true,
      defences: {},
      ...changes,
    },
    {
      ...ports,
      deliver(units) {
        pushed += units;
      },
      askPerson: (request) => void asked.push(request),
    },
  );
  ward.attach('pump', pump);
  const links = new Map<Peer, ReturnType<typeof createLink>>();
  const linkFrom = (peer: Peer): ReturnType<typeof createLink> => {
    const link = links.get(peer) ?? createLink(linkOf(peer, security), new Set());
    links.set(peer, link);
    return link;
  };
  let request = 0;
  let commands = 0;
  const heard = (peer: Peer, operation: Operation): readonly Uint8Array[] => {
    const receiver = createLink(linkOf(peer, security), new Set());
    return sent.flatMap(({ bytes }) => {
      const decoded = receiver.decode(bytes);
      return decoded.kind === 'frame' && decoded.frame.operation === operation ? [decoded.frame.payload] : [];
    });
  };
  const say = (from: Peer, operation: Operation, payload: Uint8Array = NO_PAYLOAD): Uint8Array => {
    request = (request + 1) % 256;
    const to = from === 'cgm' || from === 'gateway' ? 'all' : 'pump';
    const bytes = linkFrom(from).encode({ from, to, operation, request, payload });
    pump.receive('radio', bytes);
    return bytes;
  };
  return {
    ward,
    pump,
    traces,
    asked,
    pushed: () => Math.round(pushed * 1e6) / 1e6,
    say,
    outcomes: () => heard('handset', 'acknowledge').map((payload) => decodeOutcome(payload)),
    value: (name) => pump.report().find((measurement) => measurement.name === name)?.value,
    command(action, input, commandChanges = {}) {
      commands += 1;
      const command: Command = {
        kind: 'Command',
        id: `command-${commands}`,
        thing: 'pump',
        action,
        input,
        issuedAt: ward.now(),
        expiresAt: ward.now() + 60_000,
        ...commandChanges,
      };
      const sealed = sealMessage(signCommand(command, [COMMAND_KEY], commands), PUMP_ENROLMENT.downlink, commands);
      say('gateway', 'platform-command', sealed);
      return sealed;
    },
    answers: () =>
      heard('gateway', 'platform-answer').flatMap((payload) => {
        const opened = openMessage(payload, () => PUMP_ENROLMENT.uplink);
        return opened.kind === 'Opened' && opened.message.kind === 'Acknowledgement' ? [opened.message] : [];
      }),
    reports: () => heard('gateway', 'report').filter((payload) => decodePlainReport(payload) !== undefined).length,
  };
}
