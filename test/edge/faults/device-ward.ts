import type { Random } from '#base/random';
import { importPublicKey } from '#crypto/sign';
import { createEndpoint, type Endpoint } from '#model/thing/endpoint';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { Acknowledgement, Report, ThingValue } from '#model/thing/message';
import { QUIET } from '../../assure/monitor/observations.ts';
import { WARD_ROLES } from '../live/live-bench.ts';
import { messageKey } from './held-against-history.ts';

/** A sealed message on its way, kept by its device until it is acknowledged. */
export interface Parcel {
  /** `sender sequence` */
  readonly key: string;
  /** Who hands it in. */
  readonly by: string;
  readonly bytes: Uint8Array;
}

/** The devices of one subject. They outlive the platform, and so does what they did not get acknowledged. */
export interface DeviceWard {
  readonly subject: string;
  /** By role, for the platform. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Once the platform has told its command key. */
  trust(commandKey: Uint8Array): void;
  /** Something that a random device says. */
  speak(random: Random, at: number): Parcel;
  /** A device opens a command that was sent to it. Undefined for one that it refuses. */
  obey(
    thing: string,
    bytes: Uint8Array,
    at: number,
  ): { readonly commandId: string; readonly answer: Parcel } | undefined;
}

const SPEAKERS = ['cgm', 'pump', 'handset'] as const;

export function createDeviceWard(subject: string, random: Random): DeviceWard {
  const raw = Object.keys(WARD_ROLES).map((role) => [role, random.fork(`${subject}-${role}`).bytes(32)] as const);
  const keys = new Map(raw.map(([role, secret]) => [role, deriveEnrolmentKey(`${subject}-${role}`, secret)]));
  const endpoints = new Map<string, Endpoint>();
  const sequences = new Map<string, number>();
  let glucose = 120;

  const parcel = (role: string, message: Report | Acknowledgement): Parcel => {
    const sequence = sequences.get(role) ?? 0;
    sequences.set(role, sequence + 1);
    const bytes = endpoints.get(role)!.seal(message);
    return { key: messageKey(`${subject}-${role}`, sequence), by: `${subject}-gateway`, bytes };
  };

  return {
    subject,
    secrets: Object.fromEntries(raw.map(([role, secret]) => [role, secret.toBase64()])),
    trust: (commandKey) => {
      if (endpoints.size > 0) return;
      const commandKeys = [importPublicKey('Ed25519', commandKey)];
      for (const [role, key] of keys) endpoints.set(role, createEndpoint(key, { commandKeys }));
    },
    speak: (choice, at) => {
      const role = SPEAKERS[choice.integer(0, SPEAKERS.length - 1)]!;
      glucose = Math.min(180, Math.max(90, glucose + choice.integer(-2, 2)));
      const values: Readonly<Record<string, ThingValue>> =
        role === 'cgm' ? { glucose } : role === 'pump' ? QUIET.pump : { ...QUIET.handset, glucoseUsed: glucose };
      const measurements = Object.entries(values).map(([name, value]) => ({ name, value, at }));
      return parcel(role, { kind: 'Report', thing: `${subject}-${role}`, sentAt: at, measurements });
    },
    obey: (thing, bytes, at) => {
      const role = thing.slice(subject.length + 1);
      const opened = endpoints.get(role)!.openCommand(bytes);
      if (opened.kind !== 'OpenedCommand') return undefined;
      const commandId = opened.command.id;
      return { commandId, answer: parcel(role, { kind: 'Acknowledgement', thing, commandId, outcome: 'done', at }) };
    },
  };
}
