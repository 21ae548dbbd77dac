import { ACCESS_KINDS } from '#assure/access/access-record';
import { asCbor, type CborValue } from '#base/canonical';
import { Fault } from '#base/fault';
import type { AuditResult } from '#mirror/history/history';
import type { RecordKind, SubjectId } from '#mirror/history/record';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import type { ThingId } from '#model/thing/thing-id';
import type { Authorization, Requester } from '../command.ts';
import type { CommandWish } from '../command-wish.ts';
import type { CoreState } from '../core.ts';
import {
  admitSubject,
  type CertificateNote,
  certified,
  expectThing,
  isCertified,
  keyed,
  noteConnection,
  redeemOffer,
  revokeThing,
} from './enrol.ts';
import type { FleetEffect } from './fleet-effect.ts';
import { begin, createFleetState, type FleetDeps, record } from './fleet-state.ts';
import { approve, audited, commission, type FleetAnswer, forget, request, setKillSwitch, tickAll } from './inputs.ts';
import { type Receipt, receive, refuseUnread, settleRefusals, type Transport } from './receive.ts';
import type { EnrolmentOffer, Registry, ThingWish } from './registry.ts';
import { createReplay, type Replay } from './replay.ts';
import { captureFleet, type FleetCapture, restoreMember, restorePlatform } from './snapshot.ts';

/** What is known of one subject now. Immutable values; whoever keeps one keeps that instant. */
export type SubjectState = Readonly<Omit<CoreState, 'killSwitch' | 'commandsRequested'>>;

/**
 * The platforms of all subjects behind one channel and one history. Synchronous and pure of I/O: every call returns the
 * effects that its caller carries out once the records it made are durable. When they cannot be made durable, this object
 * is thrown away and another one is made from history.
 */
export interface Fleet {
  readonly registry: Registry;
  /** Whether all commands of all subjects are stopped. */
  readonly killSwitch: boolean;
  /** Wards whose commands are stopped, whatever is so of the others. */
  readonly stoppedWards: ReadonlySet<string>;
  subject(subject: SubjectId): SubjectState | undefined;

  /** Bytes from a device. */
  receive(bytes: Uint8Array, transport: Transport): Receipt;
  /** Refuses bytes that the platform failed on before, without looking at them. */
  refuseUnread(transport: Transport): Receipt;
  /** Once a minute: what is noticed because nothing happened. */
  tick(): readonly FleetEffect[];
  /** The store was compared with what was recorded. */
  audited(result: AuditResult): readonly FleetEffect[];
  noteConnection(thing: ThingId, state: 'connected' | 'disconnected'): void;

  /** @throws Fault `fleet.unknown-subject` */
  request(subject: SubjectId, requester: Requester, wish: CommandWish): FleetAnswer;
  /**
   * A second person's word on a command that waits; `asker` is whether the one who asked for it may ask for it now.
   * @throws Fault `fleet.unknown-subject`
   */
  approve(
    subject: SubjectId,
    approver: Requester,
    commandId: string,
    approves: boolean,
    asker: Authorization,
  ): FleetAnswer;
  /** Stops all commands at once, of one ward or of all subjects, or lets them pass again. */
  setKillSwitch(thrown: boolean, by: string, reason: string, ward?: string): void;

  admitSubject(subject: SubjectId, ward: string): void;
  expectThing(wish: ThingWish, offer?: EnrolmentOffer): void;
  redeemOffer(thing: ThingId, digest: string): 'granted' | 'unknown' | 'used' | 'expired';
  /** A certificate was made; it may leave once this is durable. */
  certified(thing: ThingId, note: CertificateNote): void;
  isCertified(thing: ThingId, serial: string): boolean;
  keyed(thing: ThingId, secret: Uint8Array): string;
  revokeThing(thing: ThingId, by: string, reason: string): void;
  /** Puts the twin into service with the model identified for it. @throws Fault `fleet.unknown-subject` */
  commission(subject: SubjectId, model: CommissionedModel, by: string): void;

  /** Records that the subject is forgotten and drops its state; the caller destroys its key. @throws Fault `fleet.unknown-subject` */
  forget(subject: SubjectId): void;

  /** Records something that changes no state of the fleet. @throws InvariantError for a kind that does */
  record(kind: RecordKind, subject: SubjectId, body: CborValue): void;
  /** To be fed all of history, or what came after a snapshot, before the first live call. */
  replay(): Replay;
  /** All of the state as it is now; encoded when its parts are asked for. */
  capture(): FleetCapture;
  /** Takes up a snapshot: first the platform's part, then each subject's. */
  restore: {
    platform(bytes: Uint8Array): void;
    subject(subject: SubjectId, bytes: Uint8Array): void;
  };
}

/** Kinds that anybody may record because nothing but other folds rests on them. */
const FREE_KINDS: ReadonlySet<RecordKind> = new Set<RecordKind>([
  'HistoryOpened',
  'EnrolmentRefused',
  'ForkCreated',
  ...ACCESS_KINDS,
  'SecretsRewrapped',
  'CheckpointSigned',
]);

export function createFleet(deps: FleetDeps): Fleet {
  const fleet = createFleetState(deps);
  return {
    registry: fleet.registry,
    get killSwitch() {
      return fleet.killSwitch;
    },
    stoppedWards: fleet.stoppedWards,
    subject: (subject) => fleet.members.get(subject)?.core.state,
    receive: (bytes, transport) => receive(fleet, bytes, transport),
    refuseUnread: (transport) => refuseUnread(fleet, transport),
    tick: () => {
      begin(fleet);
      return [...settleRefusals(fleet), ...tickAll(fleet)];
    },
    audited: (result) => {
      begin(fleet);
      return audited(fleet, result);
    },
    noteConnection: (thing, state) => noteConnection(fleet, thing, state),
    request: (subject, requester, wish) => {
      begin(fleet);
      return request(fleet, subject, requester, wish);
    },
    approve: (subject, approver, commandId, approves, asker) => {
      begin(fleet);
      return approve(fleet, subject, approver, commandId, approves, asker);
    },
    setKillSwitch: (thrown, by, reason, ward) => {
      begin(fleet);
      setKillSwitch(fleet, thrown, asCbor({ by, reason, ward }));
    },
    admitSubject: (subject, ward) => admitSubject(fleet, subject, ward),
    expectThing: (wish, offer) => expectThing(fleet, wish, offer),
    redeemOffer: (thing, digest) => redeemOffer(fleet, thing, digest),
    certified: (thing, note) => certified(fleet, thing, note),
    isCertified: (thing, serial) => isCertified(fleet, thing, serial),
    keyed: (thing, secret) => keyed(fleet, thing, secret),
    revokeThing: (thing, by, reason) => revokeThing(fleet, thing, by, reason),
    commission: (subject, model, by) => {
      begin(fleet);
      commission(fleet, subject, asCbor({ model, by }));
    },
    forget: (subject) => {
      begin(fleet);
      forget(fleet, subject);
    },
    record: (kind, subject, body) => {
      if (!FREE_KINDS.has(kind)) throw new Fault('fleet.kind', `record: \`${kind}\` is made by the fleet itself`);
      begin(fleet);
      record(fleet, kind, subject, body);
    },
    replay: () => createReplay(fleet),
    capture: () => captureFleet(fleet),
    restore: {
      platform: (bytes) => restorePlatform(fleet, bytes),
      subject: (subject, bytes) => restoreMember(fleet, subject, bytes),
    },
  };
}
