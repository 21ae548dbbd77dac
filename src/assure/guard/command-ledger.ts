import { DAY, HOUR, MINUTE, type Millis } from '#base/time';
import type { Grams } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { Twin } from '#mirror/twin/twin';
import { type Delivery, deliveryOf } from '#model/thing/delivery';
import type { ThingId } from '#model/thing/thing-id';
import type { ActionAffordance } from '#model/thing/thing-model';
import { begunAnew, type CumulativeHistory, EMPTY_HISTORY, noteTotal, risenSince } from './cumulative-history.ts';
import type { CommandRequest } from './request.ts';

/** Where commands give way, those without an amount go first: the bounds of what is delivered hold over all others. */
const MOST_COMMANDS = 512;
/** A pump delivers a bolus at 1 [iU]/min or faster and reports every 5 min: after this much longer it has told of it. */
const REPORTED_WITHIN: Millis = 10 * MINUTE;
const DOSE_TIME_PER_UNIT: Millis = MINUTE;
/** The counter of doses, by whatever device reports one, and its unit. */
const COUNTER = 'bolusDelivered';
const COUNTED_UNIT = '[iU]';

export interface PermittedCommand {
  readonly id: string;
  readonly at: Millis;
  readonly requester: string;
  readonly thing: ThingId;
  readonly action: string;
  /** Whether it gives the patient more of something. */
  readonly adds: boolean;
  /** What it can deliver; absent where it states no amount, and once its device said that it did not carry it out. */
  readonly delivery?: Delivery;
  /** A later course took its place then. */
  readonly endedAt?: Millis;
  /** A device that has left the role since had counted it. */
  readonly counted?: true;
}

/** What a device counted. A dose that was commanded before `from` is not in it, nor one that is delivered after `upTo`. */
interface Counted {
  readonly history: CumulativeHistory;
  readonly from: Millis;
  readonly upTo: Millis;
}

/** What the guard remembers: doses that devices counted, carbohydrates announced, commands permitted. Immutable, bounded. */
export interface CommandLedger {
  /** Of each device that counts what it delivers. */
  readonly counted: Readonly<Record<ThingId, Counted>>;
  readonly carbohydrates: CumulativeHistory;
  /** The last day's, oldest first. */
  readonly commands: readonly PermittedCommand[];
}

export const EMPTY_LEDGER: CommandLedger = { counted: {}, carbohydrates: EMPTY_HISTORY, commands: [] };

/** Takes in what a report tells: deliveries and announced carbohydrates, as far as they are the newest. `twin` is the state after it. */
export function noteMessage(ledger: CommandLedger, message: DeviceMessage, twin: Twin): CommandLedger {
  const { thing, receivedAt } = message;
  const table = message.content.kind === 'Report' && Object.hasOwn(twin.reported, thing) ? twin.reported[thing]! : {};
  const newest = (property: string) => {
    const reported = Object.hasOwn(table, property) ? table[property]! : undefined;
    return reported?.receivedAt === receivedAt ? reported : undefined;
  };
  let next = ledger;
  const total = newest(COUNTER);
  if (typeof total?.value === 'number') {
    const known = Object.hasOwn(ledger.counted, thing) ? ledger.counted[thing]! : NOT_COUNTED;
    const history = noteTotal(known.history, receivedAt, total.value);
    // Not the receipt: a report that was held back does not hold what was delivered meanwhile.
    const at = Math.min(total.at, receivedAt);
    // Where a counter stands at first says nothing of how much of that was delivered of late.
    const from = known.history.reported === undefined ? receivedAt : known.from;
    next = { ...next, counted: { ...next.counted, [thing]: { history, from, upTo: Math.max(known.upTo, at) } } };
  }
  const announced = thing === 'handset' ? newest('announcedCarbohydrates') : undefined;
  if (typeof announced?.value === 'number')
    next = { ...next, carbohydrates: noteTotal(next.carbohydrates, receivedAt, announced.value) };
  return next;
}

const NOT_COUNTED: Counted = {
  history: EMPTY_HISTORY,
  from: Number.POSITIVE_INFINITY,
  upTo: Number.NEGATIVE_INFINITY,
};

/** To be called for every command that the guard permitted, before the next decision. */
export function notePermitted(
  ledger: CommandLedger,
  request: CommandRequest,
  affordance: ActionAffordance,
  now: Millis,
): CommandLedger {
  const { id, requester, thing, action, input } = request;
  const delivery = deliveryOf(affordance, input);
  const replaces = (past: PermittedCommand): boolean =>
    isCourse(delivery) && isCourse(past.delivery) && past.thing === thing && past.endedAt === undefined;
  const kept = ledger.commands
    .filter(({ at }) => now - at < DAY)
    .map((past) => (replaces(past) ? { ...past, endedAt: now } : past));
  const adds = (affordance.does ?? 'adds') === 'adds';
  const command = { id, at: now, requester, thing, action, adds, ...(delivery === undefined ? {} : { delivery }) };
  return { ...ledger, commands: [...withRoom(kept), command] };
}

/** The device that it was meant for said that it did not carry the command out. It still counts as one that was asked for. */
export function noteNotCarriedOut(ledger: CommandLedger, commandId: string): CommandLedger {
  const index = ledger.commands.findIndex(({ id }) => id === commandId);
  if (index < 0) return ledger;
  const { delivery: _, ...command } = ledger.commands[index]!;
  return { ...ledger, commands: ledger.commands.with(index, command) };
}

/** Another device, or one with a new key, has the role from now on. */
export function noteReplaced(ledger: CommandLedger, thing: ThingId): CommandLedger {
  const { counted } = ledger;
  if (!Object.hasOwn(counted, thing)) return ledger;
  const known = counted[thing]!;
  const commands = ledger.commands.map((command) =>
    command.thing === thing && isCounted(command, ledger) ? { ...command, counted: true as const } : command,
  );
  return { ...ledger, commands, counted: { ...counted, [thing]: { ...known, history: begunAnew(known.history) } } };
}

/**
 * The most that the subject gets in a window of that length with now in it, in `unit`: counted by devices, whoever asked for it,
 * and what was permitted and no count is sure to hold. Never less than was delivered or is about to be; for some minutes a dose
 * may count twice.
 */
export function amountWithin(ledger: CommandLedger, unit: string, now: Millis, window: Millis): number {
  let amount = outstandingWithin(ledger, unit, now, window);
  if (unit !== COUNTED_UNIT) return amount;
  for (const { history } of Object.values(ledger.counted)) amount += risenSince(history, now - window);
  return amount;
}

/** What commands can have delivered within the window, or deliver yet, and no count of their device is sure to hold. */
export function outstandingWithin(ledger: CommandLedger, unit: string, now: Millis, window: Millis): number {
  let amount = 0;
  for (const command of ledger.commands) {
    const { delivery, at } = command;
    if (delivery?.unit !== unit) continue;
    if (delivery.kind !== 'dose') amount += ofCourse(command, delivery, now - window, window);
    else if (at > now - window && !isCounted(command, ledger)) amount += delivery.quantity;
  }
  return amount;
}

function isCounted({ thing, at, delivery, counted: before }: PermittedCommand, { counted }: CommandLedger): boolean {
  if (before === true) return true;
  const { from, upTo } = Object.hasOwn(counted, thing) ? counted[thing]! : NOT_COUNTED;
  return at >= from && upTo >= at + REPORTED_WITHIN + (delivery?.quantity ?? 0) * DOSE_TIME_PER_UNIT;
}

/**
 * What falls after `since`, of no more than `longest`. No count tells a course from what runs anyway, so all of it counts; one
 * without an end counts a day.
 */
function ofCourse({ at, endedAt }: PermittedCommand, delivery: Course, since: Millis, longest: Millis): number {
  const end = at + (delivery.kind === 'endless' ? DAY : delivery.durationMin * MINUTE);
  const lasts = Math.min(endedAt ?? end, end) - Math.max(at, since);
  const most = (delivery.perHour * Math.min(longest, Math.max(0, lasts))) / HOUR;
  return Math.min(delivery.quantity, most);
}

/** What was asked for in `unit` since `since`, whoever asked and whether it is counted already. */
export function commandedSince(ledger: CommandLedger, unit: string, since: Millis): number {
  let amount = 0;
  for (const command of ledger.commands) {
    const { delivery, at } = command;
    if (delivery?.unit !== unit || at <= since) continue;
    amount += delivery.kind === 'dose' ? delivery.quantity : ofCourse(command, delivery, at, DAY);
  }
  return amount;
}

/** Carbohydrates announced since `since`, at least. */
export const carbohydratesSince = (ledger: CommandLedger, since: Millis): Grams =>
  risenSince(ledger.carbohydrates, since);

/** How many commands were permitted since `since`: those of the requester, and where `adds` all that give the subject more. */
export function commandsSince(ledger: CommandLedger, requester: string, adds: boolean, since: Millis): number {
  const counts = (command: PermittedCommand): boolean => command.requester === requester || (adds && command.adds);
  return ledger.commands.filter((command) => command.at > since && counts(command)).length;
}

type Course = Extract<Delivery, { readonly kind: 'course' | 'endless' }>;

const isCourse = (delivery: Delivery | undefined): boolean => delivery !== undefined && delivery.kind !== 'dose';

function withRoom(commands: readonly PermittedCommand[]): readonly PermittedCommand[] {
  if (commands.length < MOST_COMMANDS) return commands;
  const least = commands.findIndex(({ adds }) => !adds);
  return commands.toSpliced(Math.max(0, least), 1);
}
