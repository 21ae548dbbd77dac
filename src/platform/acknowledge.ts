import { noteNotCarriedOut } from '#assure/guard/command-ledger';
import type { Answered } from '#assure/monitor/rule';
import { asCbor } from '#base/canonical';
import { explanation } from '#base/explanation';
import type { Acknowledgement } from '#model/thing/message';
import { type CommandLife, type CommandStatus, isUnfinished, keepLife, lifeOf } from './command-life.ts';
import { nowOf, type PlatformCore } from './core.ts';
import { appendRecord } from './records.ts';

/** What a command is after its device said so. */
export const STATUS_OF_OUTCOME: Readonly<Record<Acknowledgement['outcome'], CommandStatus>> = {
  done: 'done',
  refused: 'refused-by-device',
  expired: 'expired-at-device',
};

/**
 * A device said what became of a command of its own: in time, or after it was given up on. Undefined for what changes nothing: an
 * answer that was given already. What its device did not carry out no longer counts as delivered.
 */
export function noteAcknowledged(core: PlatformCore, acknowledgement: Acknowledgement): Answered | undefined {
  const { thing, commandId, outcome, reason } = acknowledgement;
  const { state } = core;
  const life = lifeOf(state.commands, commandId);
  if (life?.thing !== thing) return undefined;
  if (life.status === 'dispatched') {
    const reasons = reason === undefined ? life.reasons : [saidByDevice(reason)];
    keep(core, { ...life, status: STATUS_OF_OUTCOME[outcome], since: nowOf(core), reasons });
  } else if (life.status === 'timed-out' && life.late === undefined) {
    appendRecord(core, 'CommandAnsweredLate', { id: life.id, outcome });
    keep(core, { ...life, late: outcome });
  } else return undefined;
  if (outcome !== 'done') state.ledger = noteNotCarriedOut(state.ledger, life.id);
  return { thing, action: life.action, input: life.input, outcome };
}

/** What a device says of its reasons may tell of the patient. */
export const saidByDevice = (reason: string) => explanation('the device: {reason}', { reported: { reason } });

/** Once a minute: commands that nobody approved or no device answered in time. */
export function expireCommands(core: PlatformCore): void {
  const now = nowOf(core);
  for (const life of core.state.commands) {
    if (!isUnfinished(life.status) || life.dueAt === undefined || now <= life.dueAt) continue;
    if (life.status === 'dispatched') {
      appendRecord(core, 'CommandTimedOut', { id: life.id });
      keep(core, { ...life, status: 'timed-out', since: now });
    } else {
      const reasons = [explanation('nobody approved it in time')];
      appendRecord(core, 'CommandDeclined', asCbor({ id: life.id, reasons }));
      keep(core, { ...life, status: 'declined', since: now, reasons });
    }
  }
}

function keep(core: PlatformCore, life: CommandLife): void {
  core.state.commands = keepLife(core.state.commands, life);
}
