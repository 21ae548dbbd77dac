import type { MonitorMemory } from '#assure/monitor/monitor';
import { type CborObject, type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { createCommandSealer } from '#mirror/channel/command-sealer';
import type { SubjectId } from '#mirror/history/record';
import { deriveEnrolmentKey } from '#model/thing/enrolment-key';
import type { ReplayState } from '#model/thing/replay-window';
import type { ThingId } from '#model/thing/thing-id';
import type { CoreState } from '../core.ts';
import { type FleetState, isMirrored, memberOf } from './fleet-state.ts';
import type { SubjectEntry, ThingEntry } from './registry.ts';

/** Greatest part of a snapshot in bytes. */
export const SNAPSHOT_LIMIT = 64 * 1024 * 1024;

/** The state of a fleet at one instant. Its values are immutable, so they are encoded when there is time. */
export interface FleetCapture {
  readonly at: Millis;
  platform(): Uint8Array;
  readonly subjects: readonly { readonly subject: SubjectId; encode(): Uint8Array }[];
}

interface SavedPlatform {
  readonly instant: Millis;
  readonly killSwitch: boolean;
  readonly stoppedWards: readonly string[];
  readonly subjects: readonly SubjectEntry[];
  readonly things: readonly ThingEntry[];
}

interface SavedMember {
  readonly state: CoreState;
  readonly memory: MonitorMemory;
  readonly sealers: Readonly<Record<ThingId, { readonly nextSequence: number; readonly nextCounter: number }>>;
  readonly counters: Readonly<Record<ThingId, number>>;
  readonly windows: readonly { readonly thing: ThingId; readonly fingerprint: string; readonly state: ReplayState }[];
}

export function captureFleet(fleet: FleetState): FleetCapture {
  const { registry, recordedAt: instant, killSwitch } = fleet;
  const stoppedWards = [...fleet.stoppedWards].sort();
  const platform: SavedPlatform = { instant, killSwitch, stoppedWards, ...registry.save() };
  const windows = Map.groupBy(fleet.channel.snapshot().windows, ({ thing }) => registry.things.get(thing)?.subject);
  return {
    at: instant,
    platform: () => encode(platform),
    subjects: [...fleet.members].map(([subject, { core, sealers, counters }]) => {
      const saved: SavedMember = {
        state: { ...core.state },
        memory: core.deps.monitor.save(),
        sealers: Object.fromEntries([...sealers].map(([role, sealer]) => [role, sealer.snapshot()])),
        counters: Object.fromEntries(counters),
        windows: windows.get(subject) ?? [],
      };
      return { subject, encode: () => encode(saved) };
    }),
  };
}

/** Plain data, every part of it: a rule that keeps anything else in its memory fails here, in a test. */
const encode = (saved: object): Uint8Array => encodeCanonical(saved as CborValue);

/** @throws Fault `snapshot.malformed`, `cbor.malformed` */
export function restorePlatform(fleet: FleetState, bytes: Uint8Array): void {
  const saved = objectOf(bytes) as unknown as SavedPlatform;
  const lists = [saved.things, saved.subjects, saved.stoppedWards];
  if (!lists.every(Array.isArray) || typeof saved.instant !== 'number') throw malformed();
  fleet.registry.restore(saved);
  for (const subject of fleet.registry.subjects.keys()) if (isMirrored(fleet, subject)) memberOf(fleet, subject);
  for (const { thing, status } of saved.things) if (status === 'revoked') fleet.channel.revoke(thing);
  fleet.instant = saved.instant;
  fleet.recordedAt = saved.instant;
  fleet.killSwitch = saved.killSwitch;
  for (const ward of saved.stoppedWards) fleet.stoppedWards.add(ward);
}

/** @throws Fault `snapshot.malformed`, `cbor.malformed` */
export function restoreMember(fleet: FleetState, subject: SubjectId, bytes: Uint8Array): void {
  const saved = objectOf(bytes) as unknown as SavedMember;
  // a twin without what is stamped ahead is one of 0.2.0
  if (typeof saved.state?.twin?.ahead !== 'object' || !Array.isArray(saved.windows)) throw malformed();
  const { core, sealers, counters } = memberOf(fleet, subject);
  for (const [role, counter] of Object.entries(saved.counters)) counters.set(role, counter);
  Object.assign(core.state, saved.state);
  core.deps.monitor.restore(saved.memory);
  for (const entry of fleet.registry.thingsOf(subject)) {
    const { thing, role, speaksFor, model, keyFingerprint, status } = entry;
    const secret = keyFingerprint === undefined ? undefined : fleet.deps.secretOf(thing, keyFingerprint);
    const key = secret === undefined ? undefined : deriveEnrolmentKey(thing, secret);
    fleet.channel.enrol({ thing, ...(key === undefined ? {} : { key }), speaksFor, model });
    const window = saved.windows.find((one) => one.thing === thing && one.fingerprint === key?.fingerprint);
    if (window !== undefined) fleet.channel.resume(thing, window.state);
    const sealer = saved.sealers[role];
    if (key !== undefined && sealer !== undefined) {
      sealers.set(role, createCommandSealer(key, { signers: fleet.deps.commandSigners, ...sealer }));
    }
    if (status === 'revoked') fleet.channel.revoke(thing);
  }
}

function objectOf(bytes: Uint8Array): CborObject {
  const value = decodeCanonical(bytes, SNAPSHOT_LIMIT);
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Uint8Array)
    throw malformed();
  return value as CborObject;
}

const malformed = (): Fault =>
  new Fault('snapshot.malformed', 'snapshot: not one of this version; rebuild from history');
