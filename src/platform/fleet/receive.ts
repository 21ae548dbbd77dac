import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Accepted, Received } from '#mirror/channel/receive';
import type { Refusal, RefusalReason } from '#mirror/channel/refusal';
import { PLATFORM_SUBJECT, type SubjectId } from '#mirror/history/record';
import type { ThingId } from '#model/thing/thing-id';
import { takeAccepted, takeRefusal } from '../ingest.ts';
import { bodyOfRefusal, bounded } from '../records.ts';
import { checkStatements } from '../statement.ts';
import { type FleetEffect, owned } from './fleet-effect.ts';
import { begin, type FleetState, isMirrored, memberOf, record } from './fleet-state.ts';
import { placed, placedRefusal } from './place.ts';

/** How bytes came to the platform. */
export interface Transport {
  /** Whose connection or topic they came by. */
  readonly thing?: ThingId;
  /** Whether that is proven (a client certificate) or only claimed (the topic of a foreign broker). */
  readonly proven: boolean;
  /** The transport says that it delivers them again. */
  readonly redelivered: boolean;
}

export interface Receipt {
  readonly outcome: 'accepted' | RefusalReason;
  readonly effects: readonly FleetEffect[];
}

/** The way of bytes from a device into its subject's platform. */
export function receive(fleet: FleetState, bytes: Uint8Array, transport: Transport): Receipt {
  const now = begin(fleet);
  const received = checkStated(fleet, checkPath(fleet, fleet.channel.receive(bytes, now), transport));
  if (received.kind === 'accepted') {
    const { subject } = fleet.registry.things.get(received.sender)!;
    return { outcome: 'accepted', effects: take(fleet, subject, received) };
  }
  const refusal = bounded(asRedelivered(received.refusal, transport));
  const subject = subjectOf(fleet, refusal, transport);
  const isRecorded = fleet.refusals.take(subject, refusal);
  return { outcome: refusal.reason, effects: isRecorded ? takeRefused(fleet, subject, refusal) : [] };
}

/** Bytes that are not looked at: on these the platform failed before. */
export function refuseUnread(fleet: FleetState, transport: Transport): Receipt {
  const at = begin(fleet);
  const detail = 'the platform failed on this message before; it is not looked at again';
  const refusal: Refusal = { kind: 'Refusal', reason: 'malformed', authenticated: false, detail, at };
  const subject = subjectOf(fleet, refusal, transport);
  const isRecorded = fleet.refusals.take(subject, refusal);
  return { outcome: refusal.reason, effects: isRecorded ? takeRefused(fleet, subject, refusal) : [] };
}

/** Refusals that were not recorded one by one, before the minute is over. */
export const settleRefusals = (fleet: FleetState): readonly FleetEffect[] =>
  fleet.refusals
    .settle()
    .filter(({ subject }) => subject === PLATFORM_SUBJECT || isMirrored(fleet, subject))
    .flatMap(({ subject, refusal }) => takeRefused(fleet, subject, { ...refusal, at: fleet.instant }));

export const take = (fleet: FleetState, subject: SubjectId, accepted: Accepted): readonly FleetEffect[] =>
  owned(subject, takeAccepted(memberOf(fleet, subject).core, accepted, placedMessages(fleet, accepted)));

function checkStated(fleet: FleetState, received: Received): Received {
  if (received.kind === 'refused') return received;
  const { subject } = fleet.registry.things.get(received.sender)!;
  return checkStatements(memberOf(fleet, subject).core, received, placedMessages(fleet, received));
}

const placedMessages = ({ registry }: FleetState, { messages }: Accepted): readonly DeviceMessage[] =>
  messages.map((message) => placed(registry, message));

/** Of a stranger it is only recorded: there is no ward whose monitor it would concern. */
export function takeRefused(fleet: FleetState, subject: SubjectId, refusal: Refusal): readonly FleetEffect[] {
  if (subject !== PLATFORM_SUBJECT) {
    const placed = placedRefusal(fleet.registry, subject, refusal);
    return owned(subject, takeRefusal(memberOf(fleet, subject).core, refusal, placed));
  }
  record(fleet, 'MessageRefused', PLATFORM_SUBJECT, bodyOfRefusal(refusal));
  return [];
}

/** INVARIANT: a device with a proven identity hands in its own messages, or those of things that are reached through it. */
function checkPath({ registry, instant: at }: FleetState, received: Received, { thing, proven }: Transport): Received {
  if (received.kind === 'refused' || !proven || thing === undefined || received.sender === thing) return received;
  const sender = registry.things.get(received.sender);
  if (sender?.via === thing) return received;
  const detail = `\`${received.sender}\` by way of \`${thing}\``;
  const { sender: claimedSender, sequence } = received;
  return {
    kind: 'refused',
    refusal: { kind: 'Refusal', reason: 'wrong-path', claimedSender, authenticated: true, sequence, detail, at },
  };
}

/** A transport that repeats itself after a broken connection is no adversary. It gains one nothing to pretend to be one. */
const asRedelivered = (refusal: Refusal, { redelivered }: Transport): Refusal =>
  redelivered && refusal.authenticated && refusal.reason === 'replayed'
    ? { ...refusal, reason: 'redelivered' }
    : refusal;

/** Whom a refusal concerns: the proven or genuine sender's subject, else the claimed one's, else nobody's that is known. */
function subjectOf(fleet: FleetState, { claimedSender, authenticated }: Refusal, { thing }: Transport): SubjectId {
  const name = authenticated ? claimedSender : (thing ?? claimedSender);
  const subject = name === undefined ? undefined : fleet.registry.things.get(name)?.subject;
  return subject !== undefined && isMirrored(fleet, subject) ? subject : PLATFORM_SUBJECT;
}
