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
  HistoryOpened: 'a platform began to write, with an epoch of its own',
  MinutePassed: 'the clock was looked at: what is noticed because nothing happened was noticed now',
  SubjectAdmitted: 'a subject was given a ward to be mirrored in',
  TwinCommissioned: 'a twin was put into service with the model identified for it',
  EnrolmentOffered: 'a single-use token was made for a device that is expected',
  EnrolmentRefused: 'somebody asked for a certificate without the right to it',
  CertificateIssued: 'a device was given a certificate',
  CertificateRevoked: 'a certificate is no longer trusted',
  ThingKeyed: 'a thing and the platform agreed on new keys',
  DeviceConnected: 'a device opened its connection',
  DeviceDisconnected: 'the connection of a device ended',
  ThingEnrolled: 'a thing was given a key and a Thing Model',
  EnrolmentRevoked: 'a key is no longer trusted',
  ThingReplaced: 'a role was given another key or thing: what was said under the former one counts no more',
  MessageReceived: 'a genuine message, decoded',
  MessageRefused: 'bytes that were not accepted, and why',
  FindingRaised: 'a monitor rule found something',
  TrustAppraised: 'trust in a thing changed',
  CommandRequested: 'somebody asked for a command',
  CommandPermitted: 'the guard permitted a command',
  CommandRefused: 'the guard refused a command',
  CommandDispatched: 'a command left for its device',
  CommandAcknowledged: 'a device said what became of a command',
  CommandAwaitsApproval: 'the guard permitted a command that needs a second person',
  CommandApproved: 'a second person approved a command',
  CommandDeclined: 'a second person declined a command, or nobody approved it in time',
  CommandTimedOut: 'a device did not say in time what became of a command',
  CommandAnsweredLate: 'a device said what became of a command after that was given up',
  AdverseEventDeclared: 'findings that belong together',
  KillSwitchThrown: 'staff stopped all commands',
  KillSwitchReleased: 'staff let commands pass again',
  IncidentDeclared: 'an incident was declared',
  IncidentContained: 'an incident can do no further harm',
  IncidentEradicated: 'the cause of an incident was removed',
  IncidentRecovered: 'therapy is back within its bound',
  IncidentClosed: 'an incident was closed',
  ResponseTaken: 'a step of a playbook was carried out',
  ForkCreated: 'somebody asked what a twin would do',
  SetUpCompleted: 'the set-up link was used, once',
  AccountCreated: 'somebody was given an account',
  AccountChanged: 'roles, wards or patients of an account changed',
  AccountDisabled: 'an account may no longer sign in',
  CredentialChanged: 'an account has another password or second factor',
  RecoveryCodeUsed: 'a recovery code was used up',
  SignedIn: 'somebody signed in',
  SignInRefused: 'somebody tried to sign in and was refused',
  IdentityConfirmed: 'somebody who is signed in gave password and second factor once more',
  SessionEnded: 'a session was ended, by its owner or by staff',
  TokenIssued: 'a program was given a token',
  TokenRevoked: 'the token of a program is no longer valid',
  AccessPermitted: 'a privileged action was permitted, and by which policies',
  AccessRefused: 'an action was refused, and by which policies',
  GlassBroken: 'somebody took rights in an emergency',
  GlassReviewed: 'the use of rights in an emergency was reviewed',
  PolicyLoaded: 'the policies in force changed',
  SecretsRewrapped: 'key material was wrapped under another root key',
  HistoryAudited: 'the store was compared with what was recorded',
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
