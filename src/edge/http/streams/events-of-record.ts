import type { CborObject } from '#base/canonical';
import { recordedExplanation, recordedExplanations } from '#base/recorded-explanation';
import type { Change } from '#edge/live/live';
import type { HistoryRecord, RecordKind } from '#mirror/history/record';
import { placed } from '#platform/fleet/place';
import type { Registry } from '#platform/fleet/registry';
import { findingOf, messagesOf } from '#platform/records';
import { isoOf } from '../instant.ts';
import type { StreamEvent } from './stream-event.ts';
import { subjectOfRecord } from './subject-of-record.ts';

type Place = Pick<StreamEvent, 'position' | 'subject' | 'at'>;
type Read = (place: Place, record: HistoryRecord, registry: Registry) => readonly StreamEvent[];

/** What a record says to whoever listens; nothing for one whose subject is not known. */
export function eventsOfRecord({ position, record }: Change, registry: Registry): readonly StreamEvent[] {
  const read = READERS[record.kind];
  const subject = subjectOfRecord(registry, record);
  if (read === undefined || subject === undefined) return [];
  return read({ position, subject, at: isoOf(record.at) }, record, registry);
}

const told: Read = (place, record, registry) =>
  messagesOf(record).flatMap((message): readonly StreamEvent[] => {
    if (!registry.things.has(message.thing) || !registry.things.has(message.sender)) return [];
    const { content } = placed(registry, message);
    if (content.kind === 'Acknowledgement') {
      const { thing, commandId: id, outcome } = content;
      return [{ type: 'command', ...place, id, what: 'acknowledged', thing, outcome }];
    }
    return content.measurements.map(({ name, value, at }) => ({
      type: 'property',
      ...place,
      thing: content.thing,
      name,
      value,
      measuredAt: isoOf(at),
    }));
  });

const finding: Read = (place, record) => {
  const { kind: _, at: __, ...found } = findingOf(record);
  return [{ type: 'finding', ...place, ...found }];
};

const incident =
  (phase: string): Read =>
  (place, { body }) => {
    const { id, reason } = body as CborObject;
    return [{ type: 'incident', ...place, id: String(id), phase, reason: recordedExplanation(reason) }];
  };

const response: Read = (place, { body }) => {
  const { incident: id, action } = body as CborObject;
  return [{ type: 'incident', ...place, id: String(id), response: String(action) }];
};

const command =
  (what: string): Read =>
  (place, { body }, registry) => {
    const { id, thing, action, outcome, reasons } = body as CborObject;
    const role = typeof thing === 'string' ? (registry.things.get(thing)?.role ?? thing) : undefined;
    return [
      {
        type: 'command',
        ...place,
        what,
        ...(typeof id === 'string' ? { id } : {}),
        ...(role === undefined ? {} : { thing: role }),
        ...(typeof action === 'string' ? { action } : {}),
        ...(typeof outcome === 'string' ? { outcome } : {}),
        ...(Array.isArray(reasons) && reasons.length > 0 ? { reasons: recordedExplanations(reasons) } : {}),
      },
    ];
  };

const connection =
  (state: string): Read =>
  (place, { body }, registry) => {
    const id = String((body as CborObject)['thing']);
    return [{ type: 'connection', ...place, id, thing: registry.things.get(id)?.role ?? id, state }];
  };

const twin =
  (what: string): Read =>
  (place) => [{ type: 'twin', ...place, what }];

const READERS: Partial<Readonly<Record<RecordKind, Read>>> = {
  MessageReceived: told,
  CommandAcknowledged: told,
  FindingRaised: finding,
  IncidentDeclared: incident('declared'),
  IncidentContained: incident('contained'),
  IncidentEradicated: incident('eradicated'),
  IncidentRecovered: incident('recovered'),
  IncidentClosed: incident('closed'),
  ResponseTaken: response,
  CommandRequested: command('requested'),
  CommandPermitted: command('permitted'),
  CommandRefused: command('refused'),
  CommandDispatched: command('dispatched'),
  CommandAwaitsApproval: command('awaiting-approval'),
  CommandApproved: command('approved'),
  CommandDeclined: command('declined'),
  CommandTimedOut: command('timed-out'),
  CommandAnsweredLate: command('answered-late'),
  EnrolmentOffered: connection('expected'),
  ThingEnrolled: connection('enrolled'),
  EnrolmentRevoked: connection('revoked'),
  DeviceConnected: connection('connected'),
  DeviceDisconnected: connection('disconnected'),
  SubjectAdmitted: twin('admitted'),
  TwinCommissioned: twin('commissioned'),
  SubjectForgotten: twin('forgotten'),
};

/** Kinds that events are made of, and of these the ones that are recorded for the platform and not for the subject. */
export const STREAMED_KINDS = Object.keys(READERS) as readonly RecordKind[];
export const STREAMED_REGISTRY_KINDS: readonly RecordKind[] = [
  'EnrolmentOffered',
  'ThingEnrolled',
  'EnrolmentRevoked',
  'DeviceConnected',
  'DeviceDisconnected',
  'SubjectAdmitted',
  'SubjectForgotten',
];
