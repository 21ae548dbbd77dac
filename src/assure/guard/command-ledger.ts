import { DAY, MINUTE, type Millis } from '#base/time';
import type { Grams, Units } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { type CumulativeHistory, EMPTY_HISTORY, noteTotal, risenSince } from './cumulative-history.ts';
import type { CommandRequest } from './request.ts';

const MOST_COMMANDS = 256;
/** A pump delivers a bolus at 1 [iU]/min or faster and reports every 5 min: after this much longer it has told of it. */
const REPORTED_WITHIN: Millis = 10 * MINUTE;
const BOLUS_TIME_PER_UNIT: Millis = MINUTE;

export interface PermittedCommand {
  readonly id: string;
  readonly at: Millis;
  readonly requester: string;
  readonly action: string;
  /** Insulin it adds; 0 for all that is no bolus. */
  readonly units: Units;
}

/** What the guard remembers: insulin the pump reported, carbohydrates announced, commands permitted. Immutable, bounded. */
export interface CommandLedger {
  readonly bolus: CumulativeHistory;
  readonly carbohydrates: CumulativeHistory;
  /** The platform's clock at the pump's last report. */
  readonly pumpHeardAt: Millis;
  /** The last day's, oldest first. */
  readonly commands: readonly PermittedCommand[];
}

export const EMPTY_LEDGER: CommandLedger = {
  bolus: EMPTY_HISTORY,
  carbohydrates: EMPTY_HISTORY,
  pumpHeardAt: Number.NEGATIVE_INFINITY,
  commands: [],
};

/** Takes in what a message tells: deliveries, announced carbohydrates, commands that the device did not carry out. */
export function noteMessage(ledger: CommandLedger, message: DeviceMessage): CommandLedger {
  const { content, receivedAt } = message;
  if (content.kind === 'Acknowledgement') {
    if (content.outcome === 'done') return ledger;
    const commands = ledger.commands.filter((command) => command.id !== content.commandId || command.units === 0);
    return commands.length === ledger.commands.length ? ledger : { ...ledger, commands };
  }
  if (message.thing !== 'pump' && message.thing !== 'handset') return ledger;
  let next = ledger;
  for (const { name, value } of content.measurements) {
    if (typeof value !== 'number') continue;
    if (message.thing === 'pump' && name === 'bolusDelivered')
      next = { ...next, bolus: noteTotal(next.bolus, receivedAt, value), pumpHeardAt: receivedAt };
    if (message.thing === 'handset' && name === 'announcedCarbohydrates')
      next = { ...next, carbohydrates: noteTotal(next.carbohydrates, receivedAt, value) };
  }
  return next;
}

/** To be called for every command that the guard permitted, before the next decision. */
export function notePermitted(ledger: CommandLedger, request: CommandRequest, now: Millis): CommandLedger {
  const units = request.action === 'bolus' && typeof request.input['units'] === 'number' ? request.input['units'] : 0;
  const { id, requester, action } = request;
  const recent = ledger.commands.filter((command) => now - command.at < DAY).slice(1 - MOST_COMMANDS);
  return { ...ledger, commands: [...recent, { id, at: now, requester, action, units }] };
}

/**
 * Boluses since `since`: reported by the pump, whoever asked for them, and permitted but not yet sure to be in a report. Never
 * less than what was delivered or is about to be; for some minutes a bolus may count twice.
 */
export function bolusSince(ledger: CommandLedger, since: Millis): Units {
  let units = risenSince(ledger.bolus, since);
  for (const command of ledger.commands) if (command.at > since && outstanding(command, ledger)) units += command.units;
  return units;
}

/** Boluses that were permitted and that no report of the pump is sure to hold yet. */
export function outstandingUnits(ledger: CommandLedger): Units {
  let units = 0;
  for (const command of ledger.commands) if (outstanding(command, ledger)) units += command.units;
  return units;
}

function outstanding(command: PermittedCommand, ledger: CommandLedger): boolean {
  return ledger.pumpHeardAt < command.at + REPORTED_WITHIN + command.units * BOLUS_TIME_PER_UNIT;
}

/** Carbohydrates announced since `since`, at least. */
export const carbohydratesSince = (ledger: CommandLedger, since: Millis): Grams =>
  risenSince(ledger.carbohydrates, since);

/** How many commands of one requester were permitted since `since`. */
export function commandsSince(ledger: CommandLedger, requester: string, since: Millis): number {
  let count = 0;
  for (const command of ledger.commands) if (command.at > since && command.requester === requester) count += 1;
  return count;
}
