import type { CborObject } from '#base/canonical';
import { recordedExplanations } from '#base/recorded-explanation';
import type { Millis } from '#base/time';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { HistoryRecord, RecordKind } from '#mirror/history/record';
import type { ThingValue } from '#model/thing/message';
import { STATUS_OF_OUTCOME, saidByDevice } from './acknowledge.ts';
import { ANSWER_WITHIN } from './command.ts';
import { type CommandLife, keepLife, lifeOf } from './command-life.ts';
import { messagesOf } from './records.ts';

type Note = (life: CommandLife, body: CborObject, record: HistoryRecord) => CommandLife;

/** The records that tell what became of commands. */
export const COMMAND_KINDS: readonly RecordKind[] = [
  'CommandRequested',
  'CommandPermitted',
  'CommandRefused',
  'CommandAwaitsApproval',
  'CommandApproved',
  'CommandDeclined',
  'CommandDispatched',
  'CommandAcknowledged',
  'CommandTimedOut',
  'CommandAnsweredLate',
];

/**
 * The commands of one subject as its history tells of them, one record after the other: the same lives as the command path keeps, read
 * from outside of it, so that what was known at an instant can be told without living through it again. `placed` names things by their
 * roles, as commands do.
 */
export function noteCommandRecord(
  lives: readonly CommandLife[],
  record: HistoryRecord,
  placed: (message: DeviceMessage) => DeviceMessage = (message) => message,
): readonly CommandLife[] {
  if (record.kind === 'CommandAcknowledged') return acknowledged(lives, record.at, messagesOf(record).map(placed));
  const body = record.body as CborObject;
  const { id } = body;
  if (typeof id !== 'string') return lives;
  if (record.kind === 'CommandRequested') return keepLife(lives, requested(id, body, record));
  const life = lifeOf(lives, id);
  const note = NOTES[record.kind];
  return life === undefined || note === undefined ? lives : keepLife(lives, note(life, body, record));
}

function requested(id: string, body: CborObject, { at }: HistoryRecord): CommandLife {
  const { thing, device, action, input, requester, origin, credential, epoch, idempotencyKey } = body;
  return {
    id,
    thing: String(thing),
    device: String(device ?? thing),
    action: String(action),
    input: input as Readonly<Record<string, ThingValue>>,
    requester: String(requester),
    origin: origin === 'playbook' ? 'playbook' : 'person',
    ...(typeof credential === 'string' ? { credential } : {}),
    ...(typeof epoch === 'number' ? { epoch } : {}),
    ...(typeof idempotencyKey === 'string' ? { idempotencyKey } : {}),
    requestedAt: at,
    since: at,
    status: 'refused',
    reasons: [],
    determinedBy: [],
  };
}

const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const NOTES: Partial<Readonly<Record<RecordKind, Note>>> = {
  CommandPermitted: (life, { determinedBy }) => ({ ...life, determinedBy: textsOf(determinedBy), reasons: [] }),
  CommandRefused: (life, { approver, determinedBy, reasons }, { at }) =>
    // an approval that was no valid one leaves the command as it was
    approver === undefined
      ? {
          ...life,
          status: 'refused',
          since: at,
          determinedBy: textsOf(determinedBy),
          reasons: recordedExplanations(reasons),
        }
      : life,
  CommandAwaitsApproval: (life, { determinedBy, dueAt }, { at }) => ({
    ...life,
    status: 'awaiting-approval',
    since: at,
    dueAt: Number(dueAt),
    determinedBy: textsOf(determinedBy),
  }),
  CommandApproved: (life, { by }) => ({ ...life, approver: String(by) }),
  CommandDeclined: (life, { by, reasons }, { at }) => ({
    ...life,
    ...(typeof by === 'string' ? { approver: by } : {}),
    status: 'declined',
    since: at,
    reasons: recordedExplanations(reasons),
  }),
  CommandDispatched: (life, _, { at }) => ({ ...life, status: 'dispatched', since: at, dueAt: at + ANSWER_WITHIN }),
  CommandTimedOut: (life, _, { at }) => ({ ...life, status: 'timed-out', since: at }),
  CommandAnsweredLate: (life, { outcome }) => ({ ...life, late: outcome as NonNullable<CommandLife['late']> }),
};

/** In time only: an answer that was late has a record of its own. */
function acknowledged(
  lives: readonly CommandLife[],
  at: Millis,
  messages: readonly DeviceMessage[],
): readonly CommandLife[] {
  let after = lives;
  for (const { content } of messages) {
    if (content.kind !== 'Acknowledgement') continue;
    const { thing, commandId, outcome, reason } = content;
    const life = lifeOf(after, commandId);
    if (life?.status !== 'dispatched' || life.thing !== thing) continue;
    const reasons = reason === undefined ? life.reasons : [saidByDevice(reason)];
    after = keepLife(after, { ...life, status: STATUS_OF_OUTCOME[outcome], since: at, reasons });
  }
  return after;
}
