import type { ApprovalPolicy } from '#assure/guard/approval';
import type { GuardPolicy } from '#assure/guard/policy';
import type { Playbook } from '#assure/incident/playbook';
import type { IncidentPolicy } from '#assure/incident/policy';
import { createMonitor } from '#assure/monitor/monitor';
import type { Rule } from '#assure/monitor/rule';
import { assert } from '#base/assert';
import type { CborValue } from '#base/canonical';
import type { Clock, Millis } from '#base/time';
import type { SigningKey } from '#crypto/sign';
import type { CommandSealer } from '#mirror/channel/command-sealer';
import { type Channel, createChannel } from '#mirror/channel/receive';
import type { HistoryRecord, RecordKind, SubjectId } from '#mirror/history/record';
import type { ThingId } from '#model/thing/thing-id';
import type { ThingModel } from '#model/thing/thing-model';
import { createCore, type PlatformCore, type RecordSink } from '../core.ts';
import { createRefusalBudget, type RefusalBudget } from './refusal-budget.ts';
import { createRegistry, type MutableRegistry } from './registry.ts';

export interface FleetDeps {
  readonly clock: Clock;
  readonly history: RecordSink;
  readonly thingModels: ReadonlyMap<string, ThingModel>;
  readonly rules: readonly Rule[];
  readonly guardPolicy: GuardPolicy;
  readonly approvals: ApprovalPolicy;
  readonly incidentPolicy: IncidentPolicy;
  readonly playbooks: readonly Playbook[];
  readonly containment: boolean;
  /** Keys under which the platform signs commands. */
  readonly commandSigners: readonly SigningKey[];
  /** The name of a subject's command: nobody else can tell it, and it is the same when history is replayed. */
  readonly commandIdOf: (subject: SubjectId, ordinal: number, at: Millis) => string;
  /** The secret that a thing shares with the platform, by its fingerprint; undefined once it was destroyed. */
  readonly secretOf: (thing: ThingId, fingerprint: string) => Uint8Array | undefined;
}

/** One subject's platform and how its commands are sealed. */
export interface Member {
  readonly core: PlatformCore;
  /** By role; shared with the core. */
  readonly sealers: Map<ThingId, CommandSealer>;
  /** By role, for things whose keys are gone: where the counter of their commands goes on. */
  readonly counters: Map<ThingId, number>;
}

/** All that the platforms of many subjects have in common. */
export interface FleetState {
  readonly deps: FleetDeps;
  readonly registry: MutableRegistry;
  readonly channel: Channel;
  readonly members: Map<SubjectId, Member>;
  /** The instant of the call under way. INVARIANT: never goes back, and stands still during a call. */
  instant: Millis;
  /** The instant of the last record. INVARIANT: what is kept of the state rests on records and on nothing else. */
  recordedAt: Millis;
  /** All commands of all subjects are stopped. */
  killSwitch: boolean;
  /** Wards whose commands are stopped, whatever is so of the others. */
  readonly stoppedWards: Set<string>;
  /** Of what is refused now; nothing that is kept rests on it. */
  readonly refusals: RefusalBudget;
  /** Where records go: to history, or while history is replayed to whoever compares. */
  sink: RecordSink;
}

export function createFleetState(deps: FleetDeps): FleetState {
  const registry = createRegistry();
  return {
    deps,
    registry,
    channel: createChannel({ enrolments: [], thingModels: deps.thingModels }),
    members: new Map(),
    instant: 0,
    recordedAt: 0,
    killSwitch: false,
    stoppedWards: new Set(),
    refusals: createRefusalBudget(registry),
    sink: deps.history,
  };
}

/** Begins a call: now is the clock's time, or the last one where the clock went back. */
export function begin(fleet: FleetState): Millis {
  fleet.instant = Math.max(fleet.instant, fleet.deps.clock.now());
  return fleet.instant;
}

export function record(fleet: FleetState, kind: RecordKind, subject: SubjectId, body: CborValue): void {
  append(fleet, { kind, subject, at: fleet.instant, body });
}

function append(fleet: FleetState, entry: HistoryRecord): void {
  fleet.sink.append(entry);
  fleet.recordedAt = entry.at;
}

/** The platform of a subject that was admitted and not forgotten. */
export function memberOf(fleet: FleetState, subject: SubjectId): Member {
  const existing = fleet.members.get(subject);
  if (existing !== undefined) return existing;
  assert(isMirrored(fleet, subject), `\`${subject}\` was admitted and not forgotten`);
  const member = createMember(fleet, subject);
  fleet.members.set(subject, member);
  return member;
}

/** Whether there is somebody of that name, and was not forgotten. */
export function isMirrored({ registry }: FleetState, subject: SubjectId): boolean {
  const entry = registry.subjects.get(subject);
  return entry !== undefined && entry.forgottenAt === undefined;
}

/** Whether staff stopped the commands of a subject: those of all, or those of its ward. */
function isStopped({ killSwitch, stoppedWards, registry }: FleetState, subject: SubjectId): boolean {
  const ward = registry.subjects.get(subject)?.ward;
  return killSwitch || (ward !== undefined && stoppedWards.has(ward));
}

function createMember(fleet: FleetState, subject: SubjectId): Member {
  const { deps, registry } = fleet;
  const sealers = new Map<ThingId, CommandSealer>();
  const core = createCore({
    subject,
    clock: { now: () => fleet.instant },
    history: { append: (entry) => append(fleet, entry) },
    monitor: createMonitor(deps.rules),
    guardPolicy: deps.guardPolicy,
    approvals: deps.approvals,
    incidentPolicy: deps.incidentPolicy,
    playbooks: deps.playbooks,
    containment: deps.containment,
    sealers,
    isStopped: () => isStopped(fleet, subject),
    modelOf: (role) => deps.thingModels.get(registry.thingOf(subject, role)?.model ?? ''),
    commandIdOf: (ordinal, at) => deps.commandIdOf(subject, ordinal, at),
    thingOf: (role) => registry.thingOf(subject, role)?.thing ?? role,
  });
  return { core, sealers, counters: new Map() };
}
