import { explain, explanation } from '#base/explanation';
import { Fault } from '#base/fault';
import type { AuthorizationDecision, Resource } from '#edge/access/access';
import type { SubjectId } from '#mirror/history/record';
import type { ThingValue } from '#model/thing/message';
import type { ActionAffordance } from '#model/thing/thing-model';
import { violationsOfInput } from '#model/thing/thing-model';
import type { Authorization, Requester } from '#platform/command';
import { type CommandLife, lifeOf } from '#platform/command-life';
import type { CommandWish } from '#platform/command-wish';
import type { FleetAnswer } from '#platform/fleet/inputs';
import type { ThingEntry } from '#platform/fleet/registry';
import type { Caller } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';

export interface CommandAsked {
  readonly subject: SubjectId;
  readonly wish: CommandWish;
  readonly idempotencyKey: string;
}

/**
 * Hands a wish to the command path, with what the policies say of it: a refusal is recorded there, once, like everything that
 * becomes of a command. @returns the life of the command
 * @throws Fault `http.refused`, `http.not-found`, `http.bad-input`, `http.key-reused`, `command.refused`, `live.*`
 */
export async function askCommand(context: RouteContext, caller: Caller, asked: CommandAsked): Promise<CommandLife> {
  const { live, gate } = context;
  const { subject, wish, idempotencyKey } = asked;
  if (!context.commandPace.take(caller.principal.id)) {
    throw new Fault('http.too-many-requests', 'too many commands of this account; wait a moment');
  }
  const entry = await requireEntry(context, caller, subject, wish);
  const decision = gate.decide(caller, 'invokeAction', gate.thingOf(entry), wish.action);
  // INVARIANT: of somebody who has no business with a patient nothing comes into the patient's history, nor before the monitor:
  // or any account could bring about findings, and with them containment, wherever it likes
  if (decision.outcome !== 'permit' && !gate.may(caller, 'readTwin', gate.twinOf(subject)))
    await gate.require(caller, 'invokeAction', gate.thingOf(entry));
  const earlier = live.fleet.subject(subject)?.commands.find((life) => life.idempotencyKey === idempotencyKey);
  if (earlier !== undefined && !isSameWish(earlier, wish)) {
    throw new Fault('http.key-reused', 'idempotency-key: belongs to another command; use a new one');
  }
  if (decision.outcome === 'permit') requireInput(context, entry, wish);
  const requester = { ...requesterOf(caller, decision, wish.action), idempotencyKey };
  const answer = await live.act((fleet) => fleet.request(subject, requester, wish));
  return outcomeOf(context, caller, subject, answer, decision);
}

/** A second person's word on a command that waits. */
export async function answerCommand(
  context: RouteContext,
  caller: Caller,
  subject: SubjectId,
  id: string,
  approves: boolean,
): Promise<CommandLife> {
  const { live, gate } = context;
  const life = lifeOf(live.fleet.subject(subject)?.commands ?? [], id);
  if (life === undefined) throw notFound('command');
  const entry = live.fleet.registry.thingOf(subject, life.thing);
  const resource = entry === undefined ? gate.twinOf(subject) : gate.thingOf(entry);
  const decision = gate.decide(caller, 'approveCommand', resource, life.action);
  const approver = requesterOf(caller, decision, life.action);
  const answer = await live.act((fleet) =>
    fleet.approve(subject, approver, id, approves, askerOf(context, life, resource)),
  );
  const after = lifeOf(live.fleet.subject(subject)?.commands ?? [], id);
  // to decline is to be heard, not to be refused
  if (!approves && after?.status === 'declined' && after.approver === approver.id) return after;
  return outcomeOf(context, caller, subject, answer, decision);
}

/** Whoever may not ask for it anyway learns nothing of what there is. */
async function requireEntry(
  { live, gate }: RouteContext,
  caller: Caller,
  subject: SubjectId,
  wish: CommandWish,
): Promise<ThingEntry> {
  const entry = live.fleet.registry.thingOf(subject, wish.thing);
  if (entry !== undefined) return entry;
  await gate.require(caller, 'invokeAction', gate.twinOf(subject));
  throw notFound('thing');
}

function requireInput({ models }: RouteContext, entry: ThingEntry, { action, input }: CommandWish): void {
  const affordance: ActionAffordance | undefined = models.get(entry.model)?.model.actions.get(action);
  if (affordance === undefined) throw notFound('action');
  const violations = violationsOfInput(affordance, input);
  if (violations.length === 0) return;
  const errors = violations.map(({ field, violation }) => ({ pointer: `/input/${field}`, detail: violation }));
  throw new Fault('http.bad-input', `input of \`${action}\`: ${errors[0]!.pointer}: ${errors[0]!.detail}`, { errors });
}

function isSameWish(life: CommandLife, { thing, action, input }: CommandWish): boolean {
  return life.thing === thing && life.action === action && textOf(life.input) === textOf(input);
}

const textOf = (input: Readonly<Record<string, ThingValue>>): string =>
  JSON.stringify(Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Whether whoever asked for a command that waits may still ask for it: as of now, and by the right that it was asked by. */
function askerOf({ access }: RouteContext, life: CommandLife, resource: Resource): Authorization {
  const { requester: account, credential = '', epoch = -1, action } = life;
  const question = { action: 'invokeAction', resource, affordance: action } as const;
  return authorizationOf(access.decideHeld({ account, credential, epoch }, question), action);
}

const requesterOf = ({ principal }: Caller, decision: AuthorizationDecision, action: string): Requester => ({
  id: principal.id,
  kind: principal.kind,
  credential: principal.credential,
  epoch: principal.epoch,
  authorization: authorizationOf(decision, action),
});

const authorizationOf = ({ outcome, determinedBy }: AuthorizationDecision, action: string): Authorization => ({
  outcome,
  determinedBy,
  reasons: outcome === 'permit' ? [] : [explanation('{action} is not permitted', { values: { action } })],
});

function outcomeOf(
  { live, gate }: RouteContext,
  caller: Caller,
  subject: SubjectId,
  { outcome, id, reasons: given, determinedBy }: FleetAnswer,
  decision: AuthorizationDecision,
): CommandLife {
  if (outcome === 'refused') {
    const insight = gate.insight(caller, subject);
    const reasons = given.map((reason) => explain(reason, insight));
    const code = decision.outcome === 'permit' ? 'command.refused' : 'http.refused';
    throw new Fault(code, reasons[0] ?? 'refused', { reasons, determinedBy });
  }
  const life = id === undefined ? undefined : lifeOf(live.fleet.subject(subject)?.commands ?? [], id);
  if (life === undefined) throw new Fault('live.unavailable', 'the command was recorded and is no longer in memory');
  return life;
}
