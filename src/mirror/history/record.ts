import type { CborValue } from '#base/canonical';
import type { Millis } from '#base/time';

/** Whom a record is about: a patient's pseudonym, a device without a patient, or `platform`. One data key per subject. */
export type SubjectId = string;

/** The subject of records that are about no person. It is never forgotten. */
export const PLATFORM_SUBJECT: SubjectId = 'platform';

/** Index of a record in history, from 0. */
export type Position = number;

/** Every kind of record and what it states. A new kind is a new entry; an entry is never removed or given another sense. */
export const RECORD_KINDS = {
  TwinCommissioned: 'a twin was put into service with the model identified for it',
  ThingEnrolled: 'a thing was given a key and a Thing Model',
  EnrolmentRevoked: 'a key is no longer trusted',
  MessageReceived: 'a genuine message, decoded',
  MessageRefused: 'bytes that were not accepted, and why',
  FindingRaised: 'a monitor rule found something',
  TrustAppraised: 'trust in a thing changed',
  CommandRequested: 'somebody asked for a command',
  CommandPermitted: 'the guard permitted a command',
  CommandRefused: 'the guard refused a command',
  CommandDispatched: 'a command left for its device',
  CommandAcknowledged: 'a device said what became of a command',
  AdverseEventDeclared: 'findings that belong together',
  KillSwitchThrown: 'staff stopped all commands',
  KillSwitchReleased: 'staff let commands pass again',
  IncidentDeclared: 'an incident was declared',
  IncidentContained: 'an incident can do no further harm',
  IncidentEradicated: 'the cause of an incident was removed',
  IncidentRecovered: 'therapy is back within its bound',
  IncidentClosed: 'an incident was closed',
  ResponseTaken: 'a step of a playbook was carried out',
  CheckpointSigned: 'the root of history was signed',
  AuditFailed: 'the store does not hold what was recorded',
  SubjectForgotten: 'the data key of a subject was destroyed',
} as const satisfies Readonly<Record<string, string>>;

export type RecordKind = keyof typeof RECORD_KINDS;

export const isRecordKind = (value: unknown): value is RecordKind =>
  typeof value === 'string' && Object.hasOwn(RECORD_KINDS, value);

/** One thing that happened. `at` is the platform's clock; `body` is what its kind needs, as canonical CBOR can hold it. */
export interface HistoryRecord {
  readonly kind: RecordKind;
  readonly subject: SubjectId;
  readonly at: Millis;
  readonly body: CborValue;
}
