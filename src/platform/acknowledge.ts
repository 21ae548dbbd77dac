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
 * A device said what became of a command: in time, or after it was given up on. INVARIANT: it speaks of its own commands; what it says
 * of another device's counts for nothing.
 */
export function noteAcknowledged(core: PlatformCore, { thing, commandId, outcome, reason }: Acknowledgement): void {
  const life = lifeOf(core.state.commands, commandId);
  if (life?.thing !== thing) return;
  if (life.status === 'dispatched') {
    const reasons = reason === undefined ? life.reasons : [reason];
    keep(core, { ...life, status: STATUS_OF_OUTCOME[outcome], since: nowOf(core), reasons });
  } else if (life.status === 'timed-out' && life.late === undefined) {
    appendRecord(core, 'CommandAnsweredLate', { id: life.id, outcome });
    keep(core, { ...life, late: outcome });
  }
}

/** Once a minute: commands that nobody approved or no device answered in time. */
export function expireCommands(core: PlatformCore): void {
  const now = nowOf(core);
  for (const life of core.state.commands) {
    if (!isUnfinished(life.status) || life.dueAt === undefined || now <= life.dueAt) continue;
    if (life.status === 'dispatched') {
      appendRecord(core, 'CommandTimedOut', { id: life.id });
      keep(core, { ...life, status: 'timed-out', since: now });
    } else {
      const reasons = ['nobody approved it in time'];
      appendRecord(core, 'CommandDeclined', { id: life.id, reasons });
      keep(core, { ...life, status: 'declined', since: now, reasons });
    }
  }
}

function keep(core: PlatformCore, life: CommandLife): void {
  core.state.commands = keepLife(core.state.commands, life);
}
