import { equalBytes } from '#base/bytes';
import { type CborObject, type CborValue, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { recordedExplanations } from '#base/recorded-explanation';
import type { AuditResult } from '#mirror/history/history';
import type { HistoryRecord, Position, SubjectId } from '#mirror/history/record';
import type { ThingValue } from '#model/thing/message';
import type { Authorization, Requester } from '../command.ts';
import { acceptedOf, refusalOf } from '../records.ts';
import { applyRegistration } from './enrol.ts';
import type { FleetState } from './fleet-state.ts';
import { applyForgotten, approve, audited, commission, request, setKillSwitch, tickAll } from './inputs.ts';
import { take, takeRefused } from './receive.ts';
import { REGISTRY_KINDS } from './registry.ts';

/** What replaying found. `differences` are records that this version would have written otherwise: another version wrote them. */
export interface ReplaySummary {
  readonly records: number;
  readonly differences: number;
  readonly firstDifference?: Position;
}

export interface Replay {
  /** The next record, in the order of history. */
  feed(record: HistoryRecord, position: Position): void;
  /** The next record is about somebody who was forgotten: nobody can read it. */
  pass(subject: SubjectId): void;
  /** Ends it: from now on records go to history. */
  end(): ReplaySummary;
}

/**
 * Runs history through the fleet again. Records are of two sorts: what came from outside (a message, a minute, a wish of a
 * person), and what the fleet made of it. The first are handed to the code that made them; what it would write is held against
 * what follows in history. INVARIANT: the fleet's state is a function of the first sort alone, so with the version that
 * wrote them the state is the same byte for byte.
 */
export function createReplay(fleet: FleetState): Replay {
  let expected: HistoryRecord[] = [];
  let records = 0;
  let differences = 0;
  let firstDifference: Position | undefined;
  fleet.sink = { append: (record) => void expected.push(record) };

  const differs = (position: Position): void => {
    differences += 1;
    firstDifference ??= position;
    expected = [];
  };

  return {
    feed: (record, position) => {
      records += 1;
      const next = expected.shift();
      if (next !== undefined) {
        if (isSame(next, record)) return;
        differs(position);
      }
      fleet.instant = Math.max(fleet.instant, record.at);
      fleet.recordedAt = fleet.instant;
      if (!repeat(fleet, record)) return;
      const first = expected.shift();
      if (first !== undefined && !isSame(first, record)) differs(position);
    },
    pass: (subject) => {
      if (expected[0]?.subject === subject) expected.shift();
    },
    end: () => {
      if (expected.length > 0) differences += 1;
      fleet.sink = fleet.deps.history;
      return { records, differences, ...(firstDifference === undefined ? {} : { firstDifference }) };
    },
  };
}

const isSame = (left: HistoryRecord, right: HistoryRecord): boolean =>
  left.kind === right.kind &&
  left.subject === right.subject &&
  equalBytes(encodeCanonical(left.body), encodeCanonical(right.body));

/** Hands a record that came from outside to the code that made it; false for what the fleet made itself. */
function repeat(fleet: FleetState, record: HistoryRecord): boolean {
  const { kind, subject, body } = record;
  if (REGISTRY_KINDS.has(kind)) {
    applyRegistration(fleet, kind, body);
    return false;
  }
  switch (kind) {
    case 'MessageReceived':
    case 'CommandAcknowledged': {
      const accepted = acceptedOf(record);
      fleet.channel.note(accepted.sender, accepted.sequence);
      if (!fleet.registry.subjects.has(subject)) throw unknown(subject);
      take(fleet, subject, accepted);
      return true;
    }
    case 'MessageRefused': {
      const refusal = refusalOf(record);
      const { authenticated, claimedSender, sequence, reason } = refusal;
      const moved = authenticated && reason !== 'replayed' && reason !== 'redelivered' && reason !== 'too-old';
      if (moved && claimedSender !== undefined && sequence !== undefined) fleet.channel.note(claimedSender, sequence);
      takeRefused(fleet, subject, refusal);
      return true;
    }
    case 'MinutePassed':
      tickAll(fleet);
      return true;
    case 'HistoryAudited':
      audited(fleet, auditOf(body as CborObject));
      return true;
    case 'CommandRequested':
      return repeatRequest(fleet, record);
    case 'CommandApproved':
    case 'CommandDeclined':
      return repeatApproval(fleet, record);
    case 'KillSwitchThrown':
    case 'KillSwitchReleased':
      setKillSwitch(fleet, kind === 'KillSwitchThrown', body);
      return true;
    case 'SubjectForgotten':
      applyForgotten(fleet, String((body as CborObject)['subject']));
      return false;
    case 'TwinCommissioned':
      commission(fleet, subject, body);
      return true;
    default:
      return false;
  }
}

function repeatRequest(fleet: FleetState, { subject, body }: HistoryRecord): boolean {
  const fields = body as CborObject;
  if (fields['origin'] !== 'person') return false;
  const { requester, thing, action, input, idempotencyKey } = fields;
  const key = typeof idempotencyKey === 'string' ? { idempotencyKey } : {};
  request(
    fleet,
    subject,
    { ...requesterOf(String(requester), fields), ...key },
    { thing: String(thing), action: String(action), input: input as Readonly<Record<string, ThingValue>> },
  );
  return true;
}

/** A command that nobody approved in time was declined by the clock: that is the fleet's own doing. */
function repeatApproval(fleet: FleetState, { kind, subject, body }: HistoryRecord): boolean {
  const fields = body as CborObject;
  const { id, by, requester } = fields;
  if (typeof by !== 'string') return false;
  const asker = requester === undefined ? UNASKED : authorizationOf(requester);
  approve(fleet, subject, requesterOf(by, fields), String(id), kind === 'CommandApproved', asker);
  return true;
}

/** 0.2.0 kept neither of whom a requester was, nor asked again about the one who had asked. */
const requesterOf = (id: string, { kind, credential, epoch, authorization }: CborObject): Requester => ({
  id,
  kind: kind === 'program' ? 'program' : 'person',
  credential: typeof credential === 'string' ? credential : '',
  epoch: typeof epoch === 'number' ? epoch : 0,
  authorization: authorizationOf(authorization),
});

function authorizationOf(recorded: CborValue | undefined): Authorization {
  const { reasons } = (recorded ?? {}) as CborObject;
  return { ...(recorded as unknown as Authorization), reasons: recordedExplanations(reasons) };
}

const UNASKED: Authorization = { outcome: 'permit', determinedBy: [], reasons: [] };

function auditOf({ outcome, reason, firstBad }: CborObject): AuditResult {
  if (outcome === 'intact') return { kind: 'intact', size: 0, root: new Uint8Array(0) };
  if (typeof firstBad !== 'number') return { kind: 'tampered', reason: 'forked' };
  return { kind: 'tampered', reason: reason as 'missing' | 'altered' | 'added', firstBad };
}

const unknown = (subject: string): Fault =>
  new Fault('record.malformed', `replay: \`${subject}\` was never admitted`, { subject });
