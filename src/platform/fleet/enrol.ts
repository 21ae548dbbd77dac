import { assert } from '#base/assert';
import { asCbor, type CborValue } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { createCommandSealer } from '#mirror/channel/command-sealer';
import { PLATFORM_SUBJECT, type RecordKind, type SubjectId } from '#mirror/history/record';
import { deriveEnrolmentKey, type EnrolmentKey } from '#model/thing/enrolment-key';
import { isThingId, type ThingId } from '#model/thing/thing-id';
import { beginAnew } from '../begin-anew.ts';
import { begin, type FleetState, isMirrored, memberOf, record } from './fleet-state.ts';
import type { EnrolmentOffer, Registry, ThingEntry, ThingWish } from './registry.ts';

const SUBJECT_ID = /^[a-z0-9-]{1,64}$/;
const WARD_ID = /^[a-z0-9-]{1,64}$/;
const MOST_THINGS_OF_A_SUBJECT = 32;
/** Subjects mirrored at once: each has its platform in memory. */
export const MOST_SUBJECTS = 20_000;

/** A change of the registry: recorded, then applied. INVARIANT: applying it again from history gives the same state. */
function register(fleet: FleetState, kind: RecordKind, body: CborValue): void {
  record(fleet, kind, PLATFORM_SUBJECT, body);
  applyRegistration(fleet, kind, body);
}

/** What a registry record changes beside the registry: who may speak, and how commands are sealed. */
export function applyRegistration(fleet: FleetState, kind: RecordKind, body: CborValue): void {
  const { registry, channel, instant } = fleet;
  const { thing, subject } = body as { readonly thing?: ThingId; readonly subject?: SubjectId };
  const former = thing === undefined ? undefined : registry.things.get(thing);
  registry.apply({ kind, subject: PLATFORM_SUBJECT, at: instant, body });
  // INVARIANT: members are in the order of their admission, live and replayed: a minute judges them in it
  if (kind === 'SubjectAdmitted' && subject !== undefined) memberOf(fleet, subject);
  const entry = thing === undefined ? undefined : registry.things.get(thing);
  if (entry === undefined) return;
  if (kind === 'ThingEnrolled' || (kind === 'EnrolmentOffered' && entry.keyFingerprint === undefined))
    admitToChannel(fleet, entry);
  if (kind === 'ThingKeyed') useKey(fleet, entry);
  if (kind === 'ThingKeyed' || isAnotherWithoutKey(entry, former)) replaced(fleet, entry);
  if (kind === 'EnrolmentRevoked') {
    channel.revoke(entry.thing);
    takeSealer(fleet, entry);
  }
}

/** A thing that is spoken for has no key to begin with: it is another one when it was not there, or had been revoked. */
const isAnotherWithoutKey = (entry: ThingEntry, former: ThingEntry | undefined): boolean =>
  entry.status === 'spoken-for' && (former === undefined || former.status === 'revoked');

function replaced({ members }: FleetState, { subject, role }: ThingEntry): void {
  const member = members.get(subject);
  if (member !== undefined) beginAnew(member.core, role);
}

function admitToChannel({ channel }: FleetState, { thing, speaksFor, model }: ThingEntry): void {
  channel.enrol({ thing, speaksFor, model });
}

function useKey(fleet: FleetState, entry: ThingEntry): void {
  const { thing, speaksFor, model, role, subject, keyFingerprint } = entry;
  const secret = keyFingerprint === undefined ? undefined : fleet.deps.secretOf(thing, keyFingerprint);
  if (secret === undefined) {
    admitToChannel(fleet, entry);
    return;
  }
  const key = deriveEnrolmentKey(thing, secret);
  fleet.channel.enrol({ thing, key, speaksFor, model });
  sealWith(fleet, subject, role, key);
}

/** A revoked thing takes no commands. Its counter is kept: enrolled anew, the device may remember it. */
function takeSealer({ members }: FleetState, { subject, role }: ThingEntry): void {
  const member = members.get(subject);
  const sealer = member?.sealers.get(role);
  if (member === undefined || sealer === undefined) return;
  member.counters.set(role, sealer.snapshot().nextCounter);
  member.sealers.delete(role);
}

/** The counter goes on: the device may remember it. The sequence begins anew with the key. */
function sealWith(fleet: FleetState, subject: SubjectId, role: ThingId, key: EnrolmentKey): void {
  const { sealers, counters } = memberOf(fleet, subject);
  const nextCounter = sealers.get(role)?.snapshot().nextCounter ?? counters.get(role) ?? 0;
  sealers.set(role, createCommandSealer(key, { signers: fleet.deps.commandSigners, nextCounter }));
}

/** @throws Fault `fleet.bad-subject`, `fleet.known-subject`, `fleet.too-many-subjects` */
export function admitSubject(fleet: FleetState, subject: SubjectId, ward: string): void {
  begin(fleet);
  if (!SUBJECT_ID.test(subject) || subject === PLATFORM_SUBJECT || !WARD_ID.test(ward)) {
    throw new Fault('fleet.bad-subject', `admit: \`${subject}\` in \`${ward}\`: both are 1 to 64 of a-z, 0-9 and "-"`);
  }
  if (fleet.registry.subjects.has(subject)) {
    throw new Fault('fleet.known-subject', `admit: \`${subject}\` was admitted already`, { subject });
  }
  if (fleet.members.size >= MOST_SUBJECTS) {
    throw new Fault('fleet.too-many-subjects', `admit: \`${MOST_SUBJECTS}\` subjects are mirrored, which is the limit`);
  }
  register(fleet, 'SubjectAdmitted', { subject, ward });
}

/**
 * A device is expected: with an offer it enrols itself, without one it is spoken for by another.
 * @throws Fault `fleet.unknown-subject`, `fleet.unknown-model`, `fleet.bad-thing`, `fleet.known-thing`, `fleet.role-taken`
 */
export function expectThing(fleet: FleetState, wish: ThingWish, offer?: EnrolmentOffer): void {
  begin(fleet);
  requireWish(fleet, wish);
  const { thing, subject, role, model, via, speaksFor } = wish;
  const body = asCbor({ thing, subject, role, model, via, speaksFor, ...offer });
  register(fleet, offer === undefined ? 'ThingEnrolled' : 'EnrolmentOffered', body);
}

function requireWish(fleet: FleetState, wish: ThingWish): void {
  const { registry, deps } = fleet;
  const { thing, subject, role, model, via, speaksFor } = wish;
  const names = [thing, role, ...(via === undefined ? [] : [via]), ...speaksFor];
  if (!names.every(isThingId))
    throw new Fault('fleet.bad-thing', `expect: \`${thing}\`: names are 1 to 64 of a-z, 0-9 and "-"`);
  if (!isMirrored(fleet, subject)) {
    throw new Fault('fleet.unknown-subject', `expect: no subject \`${subject}\`; admit it first`, { subject });
  }
  if (!deps.thingModels.has(model)) {
    throw new Fault('fleet.unknown-model', `expect: no thing model \`${model}\``, {
      models: [...deps.thingModels.keys()],
    });
  }
  const known = registry.things.get(thing);
  if (known !== undefined && (known.subject !== subject || known.role !== role || known.model !== model)) {
    // a name that moved to another patient or role would make old records tell something else
    throw new Fault(
      'fleet.known-thing',
      // whose it is may be none of the asker's business
      `expect: \`${thing}\` is the name of another device already; use a new name`,
    );
  }
  const holder = registry.thingOf(subject, role);
  if (holder !== undefined && holder.thing !== thing) {
    throw new Fault(
      'fleet.role-taken',
      `expect: \`${role}\` of \`${subject}\` is \`${holder.thing}\`; revoke it first`,
    );
  }
  const foreign = [via, ...speaksFor].find(
    (name) => name !== undefined && isForeign(registry.things.get(name), subject),
  );
  if (foreign !== undefined) throw new Fault('fleet.bad-thing', `expect: \`${foreign}\` is not of \`${subject}\``);
  // a name may be stated before there is a thing of that name; it is then not for another subject's thing
  const claimant = known === undefined ? claimantOf(registry, thing, subject) : undefined;
  if (claimant !== undefined)
    throw new Fault('fleet.known-thing', `expect: a device of another subject names \`${thing}\`; use a new name`);
  if (known === undefined && registry.thingsOf(subject).length >= MOST_THINGS_OF_A_SUBJECT) {
    throw new Fault(
      'fleet.bad-thing',
      `expect: \`${subject}\` has ${MOST_THINGS_OF_A_SUBJECT} things, which is the limit`,
    );
  }
}

const claimantOf = ({ things }: Registry, name: ThingId, own: SubjectId): ThingId | undefined =>
  things.values().find(({ subject, via, speaksFor }) => subject !== own && (via === name || speaksFor.includes(name)))
    ?.thing;

const isForeign = (entry: ThingEntry | undefined, subject: SubjectId): boolean =>
  entry !== undefined && entry.subject !== subject;

/** Uses up the token of that digest. INVARIANT: `granted` at most once per offer. */
export function redeemOffer(
  fleet: FleetState,
  thing: ThingId,
  digest: string,
): 'granted' | 'unknown' | 'used' | 'expired' {
  const now = begin(fleet);
  const offer = fleet.registry.things.get(thing)?.offer;
  if (offer?.digest !== digest) return 'unknown';
  if (offer.usedAt !== undefined) return 'used';
  if (offer.expiresAt < now) return 'expired';
  register(fleet, 'ThingEnrolled', { thing });
  return 'granted';
}

/** A certificate as it is recorded before it leaves. */
export interface CertificateNote {
  readonly serial: string;
  readonly notAfter: Millis;
  /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
  readonly keyFingerprint?: string;
  readonly renewal?: boolean;
}

/** @throws Fault `fleet.unknown-thing` for one that was revoked while its certificate was made */
export function certified(fleet: FleetState, thing: ThingId, note: CertificateNote): void {
  begin(fleet);
  if (fleet.registry.things.get(thing)?.status !== 'enrolled')
    throw new Fault('fleet.unknown-thing', `certify: \`${thing}\` is not enrolled`, { thing });
  const { serial, notAfter, keyFingerprint, renewal } = note;
  register(fleet, 'CertificateIssued', { thing, serial, notAfter, keyFingerprint, renewal });
}

/** The thing and the platform agreed on a secret, which the caller made durable. Returns its fingerprint. */
export function keyed(fleet: FleetState, thing: ThingId, secret: Uint8Array): string {
  begin(fleet);
  const entry = fleet.registry.things.get(thing);
  assert(entry !== undefined && entry.status === 'enrolled', `\`${thing}\` is enrolled`);
  const { fingerprint } = deriveEnrolmentKey(thing, secret);
  register(fleet, 'ThingKeyed', { thing, fingerprint });
  return fingerprint;
}

/** @throws Fault `fleet.unknown-thing` */
export function revokeThing(fleet: FleetState, thing: ThingId, by: string, reason: string): void {
  begin(fleet);
  const entry = fleet.registry.things.get(thing);
  if (entry === undefined) throw new Fault('fleet.unknown-thing', `revoke: no thing \`${thing}\``, { thing });
  if (entry.status !== 'revoked') register(fleet, 'EnrolmentRevoked', { thing, by, reason });
}

/** The connection state of a thing changed. Says nothing where it did not. */
export function noteConnection(fleet: FleetState, thing: ThingId, state: 'connected' | 'disconnected'): void {
  begin(fleet);
  const entry = fleet.registry.things.get(thing);
  if (entry === undefined || entry.connection.state === state) return;
  register(fleet, state === 'connected' ? 'DeviceConnected' : 'DeviceDisconnected', { thing });
}

/**
 * Whether a certificate of that serial was issued to the thing and not revoked. Whether it is outlived is told by the
 * certificate itself, in real time, to whoever has it at hand.
 */
export function isCertified({ registry }: FleetState, thing: ThingId, serial: string): boolean {
  const entry = registry.things.get(thing);
  if (entry === undefined || entry.status !== 'enrolled') return false;
  const certificate = entry.certificates.find((one) => one.serial === serial);
  return certificate !== undefined && certificate.revokedAt === undefined;
}
