import type { HeldRight } from '#assure/access/held-right';
import type { CborObject } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import type { HistoryRecord, RecordKind, SubjectId } from '#mirror/history/record';
import { isThingId, type ThingId } from '#model/thing/thing-id';

/** A subject that is mirrored, and where. */
export interface SubjectEntry {
  readonly subject: SubjectId;
  readonly ward: string;
  readonly admittedAt: Millis;
  /** The name stays taken: nobody else is ever called so. */
  readonly forgottenAt?: Millis;
}

export interface CertificateEntry {
  readonly serial: string;
  readonly notAfter: Millis;
  readonly revokedAt?: Millis;
}

/** A single-use token by its digest (SHA-256, lower-case hexadecimal). */
export interface EnrolmentOffer {
  readonly digest: string;
  readonly expiresAt: Millis;
  readonly usedAt?: Millis;
  /** By whose right it was made, which has to stand when it is used. Version 0.2.0 did not say: then by nobody's. */
  readonly by?: HeldRight | 'platform';
}

/** What is known of a device beside what it reports. */
export interface ThingEntry {
  readonly thing: ThingId;
  readonly subject: SubjectId;
  /** What it is in its ward: `cgm`, `pump`, `handset`, `gateway`. */
  readonly role: ThingId;
  /** Id of its Thing Model. */
  readonly model: string;
  /** Through which thing it is reached; itself where absent. */
  readonly via?: ThingId;
  /** The things that it may report for besides itself. */
  readonly speaksFor: readonly ThingId[];
  /** `spoken-for`: reports through another one and has no identity of its own. */
  readonly status: 'expected' | 'enrolled' | 'spoken-for' | 'revoked';
  readonly since: Millis;
  readonly offer?: EnrolmentOffer;
  /** The last ones, newest last. */
  readonly certificates: readonly CertificateEntry[];
  /** Of the key it shares with the platform (`EnrolmentKey`). */
  readonly keyFingerprint?: string;
  readonly connection: { readonly state: 'never' | 'connected' | 'disconnected'; readonly since: Millis };
}

export interface Registry {
  readonly subjects: ReadonlyMap<SubjectId, SubjectEntry>;
  readonly things: ReadonlyMap<ThingId, ThingEntry>;
  /** Things of a subject that were not revoked, by role. */
  thingOf(subject: SubjectId, role: ThingId): ThingEntry | undefined;
  thingsOf(subject: SubjectId): readonly ThingEntry[];
}

/** What a device is expected to be, before it is one. */
export type ThingWish = Pick<ThingEntry, 'thing' | 'subject' | 'role' | 'model' | 'via' | 'speaksFor'>;

/** The records that the registry is made of. */
export const REGISTRY_KINDS: ReadonlySet<RecordKind> = new Set<RecordKind>([
  'SubjectAdmitted',
  'EnrolmentOffered',
  'ThingEnrolled',
  'CertificateIssued',
  'CertificateRevoked',
  'ThingKeyed',
  'EnrolmentRevoked',
  'DeviceConnected',
  'DeviceDisconnected',
]);

const MOST_CERTIFICATES = 4;

export interface MutableRegistry extends Registry {
  /** @throws Fault `registry.malformed` for a record that this version did not write */
  apply(record: HistoryRecord): void;
  forget(subject: SubjectId, at: Millis): void;
  save(): { readonly subjects: readonly SubjectEntry[]; readonly things: readonly ThingEntry[] };
  restore(saved: { readonly subjects: readonly SubjectEntry[]; readonly things: readonly ThingEntry[] }): void;
}

/** Devices and subjects as history tells of them: a function of its records and of nothing else. */
export function createRegistry(): MutableRegistry {
  const subjects = new Map<SubjectId, SubjectEntry>();
  const things = new Map<ThingId, ThingEntry>();
  const bySubject = new Map<SubjectId, Set<ThingId>>();

  const put = (entry: ThingEntry): void => {
    things.set(entry.thing, entry);
    const ofSubject = bySubject.get(entry.subject) ?? new Set();
    bySubject.set(entry.subject, ofSubject.add(entry.thing));
  };

  const thingsOf = (subject: SubjectId): readonly ThingEntry[] =>
    [...(bySubject.get(subject) ?? [])].map((thing) => things.get(thing)!);

  const apply = (record: HistoryRecord): void => {
    const body = record.body as CborObject;
    if (record.kind === 'SubjectAdmitted') {
      const subject = textOf(record, 'subject');
      subjects.set(subject, { subject, ward: textOf(record, 'ward'), admittedAt: record.at });
      return;
    }
    const thing = thingOfRecord(record);
    const known = things.get(thing);
    const isNew = record.kind === 'EnrolmentOffered' || (record.kind === 'ThingEnrolled' && body['role'] !== undefined);
    if (isNew) put(expected(record, thing, known));
    else if (known !== undefined) put(changed(known, record));
  };

  return {
    subjects,
    things,
    apply,
    forget: (subject, at) => {
      const entry = subjects.get(subject);
      if (entry !== undefined) subjects.set(subject, { ...entry, forgottenAt: at });
    },
    thingsOf,
    thingOf: (subject, role) => thingsOf(subject).find((entry) => entry.role === role && entry.status !== 'revoked'),
    save: () => ({ subjects: [...subjects.values()], things: [...things.values()] }),
    restore: (saved) => {
      for (const entry of saved.subjects) subjects.set(entry.subject, entry);
      for (const entry of saved.things) put(entry);
    },
  };
}

function expected(record: HistoryRecord, thing: ThingId, known: ThingEntry | undefined): ThingEntry {
  const { at, kind } = record;
  const body = record.body as CborObject;
  const { via, speaksFor = [] } = body;
  const entry: ThingEntry = {
    thing,
    subject: textOf(record, 'subject'),
    role: textOf(record, 'role'),
    model: textOf(record, 'model'),
    ...(isThingId(via) ? { via } : {}),
    speaksFor: Array.isArray(speaksFor) ? speaksFor.filter(isThingId) : [],
    status: kind === 'EnrolmentOffered' ? 'expected' : 'spoken-for',
    since: at,
    certificates: known?.certificates ?? [],
    ...(known?.keyFingerprint === undefined ? {} : { keyFingerprint: known.keyFingerprint }),
    connection: known?.connection ?? { state: 'never', since: at },
  };
  if (kind !== 'EnrolmentOffered') return entry;
  const by = body['by'] === undefined ? {} : { by: body['by'] as unknown as HeldRight | 'platform' };
  return { ...entry, offer: { digest: textOf(record, 'digest'), expiresAt: numberOf(record, 'expiresAt'), ...by } };
}

function changed(entry: ThingEntry, record: HistoryRecord): ThingEntry {
  const { kind, at } = record;
  switch (kind) {
    case 'ThingEnrolled': {
      const offer = entry.offer === undefined ? {} : { offer: { ...entry.offer, usedAt: at } };
      // who used the new token is the device from now on; whoever still has an earlier certificate is not
      return { ...entry, ...offer, certificates: revoked(entry, at), status: 'enrolled', since: at };
    }
    case 'CertificateIssued': {
      const issued = { serial: textOf(record, 'serial'), notAfter: numberOf(record, 'notAfter') };
      return { ...entry, certificates: [...entry.certificates, issued].slice(-MOST_CERTIFICATES) };
    }
    case 'CertificateRevoked': {
      const serial = textOf(record, 'serial');
      const revoke = (one: CertificateEntry) => (one.serial === serial ? { ...one, revokedAt: at } : one);
      return { ...entry, certificates: entry.certificates.map(revoke) };
    }
    case 'ThingKeyed':
      return { ...entry, keyFingerprint: textOf(record, 'fingerprint') };
    case 'EnrolmentRevoked': {
      const { offer: _, keyFingerprint: __, ...rest } = entry;
      return { ...rest, status: 'revoked', since: at, certificates: revoked(entry, at) };
    }
    case 'DeviceConnected':
      return { ...entry, connection: { state: 'connected', since: at } };
    case 'DeviceDisconnected':
      return { ...entry, connection: { state: 'disconnected', since: at } };
    default:
      return entry;
  }
}

const revoked = ({ certificates }: ThingEntry, at: Millis): readonly CertificateEntry[] =>
  certificates.map((one) => ({ revokedAt: at, ...one }));

function thingOfRecord(record: HistoryRecord): ThingId {
  const { thing } = record.body as CborObject;
  if (isThingId(thing)) return thing;
  throw malformed(record, 'thing');
}

function textOf(record: HistoryRecord, field: string): string {
  const value = (record.body as CborObject)[field];
  if (typeof value === 'string' && value.length > 0) return value;
  throw malformed(record, field);
}

function numberOf(record: HistoryRecord, field: string): number {
  const value = (record.body as CborObject)[field];
  if (typeof value === 'number') return value;
  throw malformed(record, field);
}

const malformed = ({ kind }: HistoryRecord, field: string): Fault =>
  new Fault('registry.malformed', `record \`${kind}\`: no \`${field}\``);
