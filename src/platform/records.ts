import type { Finding } from '#assure/monitor/finding';
import { asCbor, type CborObject, type CborValue } from '#base/canonical';
import { cutText } from '#base/cut-text';
import { Fault } from '#base/fault';
import { factsOf, recordedAsText, recordedExplanation } from '#base/recorded-explanation';
import { type DeviceMessage, deviceMessages } from '#mirror/channel/device-message';
import type { Accepted } from '#mirror/channel/receive';
import { REFUSAL_REASONS, type Refusal, type RefusalReason } from '#mirror/channel/refusal';
import type { HistoryRecord, RecordKind } from '#mirror/history/record';
import { decodeContent } from '#model/thing/content';
import { MESSAGE_LIMIT } from '#model/thing/envelope';
import { isThingId } from '#model/thing/thing-id';
import { nowOf, type PlatformCore } from './core.ts';

/** Longest text of a refusal that goes to history: a stranger's bytes must not fill it. */
const DETAIL_LIMIT = 200;

/** Records something about the subject. INVARIANT: before any state that rests on it changes. */
export function appendRecord(core: PlatformCore, kind: RecordKind, body: CborValue): void {
  core.deps.history.append({ kind, subject: core.deps.subject, at: nowOf(core), body });
}

/**
 * Everything that the twin's state rests on: the content as its sender sealed it, so that replaying history gives the same
 * twin, and so that nothing is lost which a later version may read out of it.
 */
export function recordAccepted(core: PlatformCore, accepted: Accepted): void {
  const { sender, sequence, contentKind, payload } = accepted;
  const kind = contentKind === 'Acknowledgement' ? 'CommandAcknowledged' : 'MessageReceived';
  appendRecord(core, kind, { sender, sequence, content: contentKind, payload });
}

/**
 * The messages of a record that `recordAccepted` made, as they were applied; none for records of other kinds.
 * @throws Fault `record.malformed`, or those of `decodeContent`
 */
export const messagesOf = (record: HistoryRecord): readonly DeviceMessage[] =>
  record.kind === 'MessageReceived' || record.kind === 'CommandAcknowledged' ? acceptedOf(record).messages : [];

/** What the channel accepted, from its record. @throws Fault `record.malformed`, or those of `decodeContent` */
export function acceptedOf({ kind, body, at }: HistoryRecord): Accepted {
  const { sender, sequence, content: contentKind, payload } = body as CborObject;
  if (!isThingId(sender) || typeof sequence !== 'number' || !(payload instanceof Uint8Array)) throw malformed(kind);
  if (contentKind !== 'Report' && contentKind !== 'Bundle' && contentKind !== 'Acknowledgement') throw malformed(kind);
  const content = decodeContent(contentKind, payload, MESSAGE_LIMIT);
  if (content.kind === 'SignedCommand') throw malformed(kind);
  return {
    kind: 'accepted',
    sender,
    sequence,
    contentKind,
    payload,
    messages: deviceMessages(content, sender, sequence, at),
  };
}

const malformed = (kind: RecordKind): Fault =>
  new Fault('record.malformed', `record \`${kind}\`: not sender, sequence, content and payload`);

/** A stranger's bytes must not fill history. What is judged is what is recorded. */
export const bounded = (refusal: Refusal): Refusal =>
  refusal.detail.length <= DETAIL_LIMIT ? refusal : { ...refusal, detail: cutText(refusal.detail, DETAIL_LIMIT) };

export const recordRefusal = (core: PlatformCore, refusal: Refusal): void =>
  appendRecord(core, 'MessageRefused', bodyOfRefusal(refusal));

export const bodyOfRefusal = ({ reason, authenticated, detail, claimedSender, sequence }: Refusal): CborValue => ({
  reason,
  authenticated,
  detail,
  claimedSender,
  sequence,
});

export const bodyOfFinding = ({
  rule,
  thing,
  confidence,
  what,
  statement,
  values = {},
  reported = {},
}: Finding): CborValue => asCbor({ rule, thing, confidence, what, statement, values, reported });

/**
 * The finding of a record that `bodyOfFinding` made. Version 0.2 recorded no `reported`: of what it wrote nobody knows any more
 * what of it devices had reported.
 */
export function findingOf({ body, at }: HistoryRecord): Finding {
  const { rule, thing, confidence, statement, values, reported, what = factsOf(values)['what'] } = body as CborObject;
  const told = reported === undefined ? recordedAsText(String(statement), factsOf(values)) : recordedExplanation(body);
  return {
    kind: 'Finding',
    rule: String(rule),
    thing: String(thing),
    at,
    confidence: confidence as Finding['confidence'],
    ...(typeof what === 'string' ? { what } : {}),
    ...told,
  };
}

/** The refusal of a record that `recordRefusal` made. @throws Fault `record.malformed` */
export function refusalOf({ kind, body, at }: HistoryRecord): Refusal {
  const { reason, authenticated, detail, claimedSender, sequence } = body as CborObject;
  if (typeof reason !== 'string' || !Object.hasOwn(REFUSAL_REASONS, reason)) throw malformed(kind);
  if (typeof authenticated !== 'boolean' || typeof detail !== 'string') throw malformed(kind);
  return {
    kind: 'Refusal',
    reason: reason as RefusalReason,
    ...(isThingId(claimedSender) ? { claimedSender } : {}),
    authenticated,
    ...(typeof sequence === 'number' ? { sequence } : {}),
    detail,
    at,
  };
}
