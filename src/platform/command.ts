import { needsApproval } from '#assure/guard/approval';
import { notePermitted } from '#assure/guard/command-ledger';
import type { GuardContext } from '#assure/guard/context';
import { type Decision, refusedBy } from '#assure/guard/decision';
import { decide } from '#assure/guard/guard';
import type { CommandRequest } from '#assure/guard/request';
import { openIncidents } from '#assure/incident/incident';
import type { Observation } from '#assure/monitor/rule';
import { asCbor } from '#base/canonical';
import { cutText } from '#base/cut-text';
import { type Explanation, explanation } from '#base/explanation';
import { MINUTE, type Millis } from '#base/time';
import { applyDispatched } from '#mirror/twin/twin';
import type { Command } from '#model/thing/message';
import { type Admitted, admissionOf, deviceOf } from './admission.ts';
import { type CommandLife, type CommandStatus, keepLife, lifeOf } from './command-life.ts';
import { type CommandWish, malformationOf } from './command-wish.ts';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { appendRecord } from './records.ts';
import { riskOf } from './risk.ts';

/** A device refuses a command that arrives later than this. */
export const COMMAND_LIFETIME: Millis = 2 * MINUTE;
/** A device that got a command in time has answered by then, by way of a gateway that bundles. */
export const ANSWER_WITHIN: Millis = COMMAND_LIFETIME + MINUTE;

/** What was found about whether somebody may ask for this: a value that is recorded with the request. */
export interface Authorization {
  readonly outcome: 'permit' | 'refuse';
  /** Ids of the policies that determined it. */
  readonly determinedBy: readonly string[];
  readonly reasons: readonly Explanation[];
}

/** Somebody who was authenticated, and whether they may ask for what they ask for. */
export interface Requester {
  readonly id: string;
  readonly kind: 'person' | 'program';
  /** The session or token that asks, and the count of its account that it is good for. */
  readonly credential: string;
  readonly epoch: number;
  readonly authorization: Authorization;
  /** At most 64 characters; the same one again is the same request. */
  readonly idempotencyKey?: string;
}

export interface CommandAnswer {
  readonly outcome: 'permitted' | 'refused' | 'awaiting-approval';
  /** Absent when it was no request at all. */
  readonly id?: string;
  readonly reasons: readonly Explanation[];
  readonly determinedBy: readonly string[];
  readonly effects: readonly Effect[];
}

/** As the answer, before the monitor was shown it. */
interface Unjudged extends CommandAnswer {
  /** What the monitor is to be shown of it. */
  readonly observation?: Observation;
}

/** What the monitor makes of a command, and what incident response does about it. */
type Judge = (core: PlatformCore, observation: Observation) => readonly Effect[];

/** A person's or a program's way to a device: is it a request, may they, is it safe now, does a second person have to agree. */
export function requestCommand(core: PlatformCore, requester: Requester, wish: CommandWish): Unjudged {
  const malformation = malformationOf(wish);
  if (malformation !== undefined) return refusedMalformed(core, malformation);
  const { id, kind, credential, epoch, authorization, idempotencyKey } = requester;
  const earlier = earlierRequest(core, id, idempotencyKey);
  if (earlier !== undefined) return answerOf(earlier);
  const request = requestOf(core, wish, id, 'person');
  const life = lifeOfRequest(core, request, {
    credential,
    epoch,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  const { device } = life;
  appendRecord(
    core,
    'CommandRequested',
    asCbor({ ...request, device, kind, credential, epoch, authorization, idempotencyKey }),
  );
  if (authorization.outcome !== 'permit') {
    const { determinedBy, reasons } = authorization;
    return refuse(core, life, { kind: 'refuse', determinedBy, failed: [], reasons });
  }
  return guardAndDispatch(core, request, life);
}

/** A playbook's way to a device: the same guard, the same records; it waits for nobody. */
export function commandFromPlaybook(core: PlatformCore, wish: CommandWish, incident: string): Unjudged {
  const request = requestOf(core, wish, incident, 'playbook');
  const life = lifeOfRequest(core, request);
  appendRecord(core, 'CommandRequested', asCbor({ ...request, device: life.device }));
  return guardAndDispatch(core, request, life);
}

/**
 * A second person's word on a command that waits. INVARIANT: never the person who asked for it, and no program; whoever asked must
 * have the right to as of now (`requester`), and the guard decides again: what was so when it was asked for may not be any more.
 */
export function approveCommand(
  core: PlatformCore,
  approver: Requester,
  commandId: string,
  approves: boolean,
  requester: Authorization,
): Unjudged {
  const life = lifeOf(core.state.commands, commandId);
  const objection = objectionTo(core, approver, life);
  if (life === undefined || objection !== undefined) {
    const { determinedBy, reasons } = objection ?? NONE_WAITS;
    const refusal = { id: cutText(commandId, 64), approver: approver.id, determinedBy, reasons };
    appendRecord(core, 'CommandRefused', asCbor(refusal));
    return { outcome: 'refused', id: commandId, reasons, determinedBy, effects: [] };
  }
  const { id, kind, credential, epoch, authorization } = approver;
  const word = { id: commandId, by: id, kind, credential, epoch, authorization };
  if (!approves) {
    const reasons = [explanation('declined by {approver}', { values: { approver: id } })];
    appendRecord(core, 'CommandDeclined', asCbor({ ...word, reasons }));
    return answerOf(keep(core, { ...life, status: 'declined', since: nowOf(core), approver: id, reasons }));
  }
  appendRecord(core, 'CommandApproved', asCbor({ ...word, requester }));
  const { thing, action, input, origin } = life;
  const request: CommandRequest = {
    id: commandId,
    thing,
    action,
    input,
    requester: life.requester,
    origin,
    at: nowOf(core),
  };
  const approved = { ...life, approver: id };
  if (requester.outcome === 'permit') return guardAndDispatch(core, request, approved);
  const reason = explanation('{requester} may not ask for this any more', { values: { requester: life.requester } });
  return refuse(core, approved, refusedBy('requester', reason, ...requester.reasons));
}

type Objection = Pick<Authorization, 'determinedBy' | 'reasons'>;

const NONE_WAITS: Objection = {
  determinedBy: ['approval'],
  reasons: [explanation('no such command waits for approval')],
};
const TWO_PERSONS: Objection = {
  determinedBy: ['two-person-rule'],
  reasons: [explanation('a command is approved by a person other than the one who asked for it')],
};

function objectionTo(core: PlatformCore, approver: Requester, life: CommandLife | undefined): Objection | undefined {
  const { id, kind, authorization } = approver;
  if (authorization.outcome !== 'permit') return authorization;
  if (life?.status !== 'awaiting-approval' || nowOf(core) > (life.dueAt ?? 0)) return NONE_WAITS;
  return life.requester === id || kind !== 'person' ? TWO_PERSONS : undefined;
}

function earlierRequest(core: PlatformCore, requester: string, key: string | undefined): CommandLife | undefined {
  if (key === undefined) return undefined;
  return core.state.commands.find((life) => life.requester === requester && life.idempotencyKey === key);
}

function requestOf(
  core: PlatformCore,
  wish: CommandWish,
  requester: string,
  origin: CommandRequest['origin'],
): CommandRequest {
  core.state.commandsRequested += 1;
  const at = nowOf(core);
  const id = core.deps.commandIdOf(core.state.commandsRequested, at);
  return { id, ...wish, requester, origin, at };
}

function lifeOfRequest(
  { deps }: PlatformCore,
  request: CommandRequest,
  asked: Pick<CommandLife, 'credential' | 'epoch' | 'idempotencyKey'> = {},
): CommandLife {
  const { id, thing, action, input, requester, origin, at } = request;
  const device = deviceOf(deps, thing);
  const now = { requestedAt: at, since: at, status: 'refused', reasons: [], determinedBy: [] } as const;
  return { id, thing, device, action, input, requester, origin, ...asked, ...now };
}

function keep(core: PlatformCore, life: CommandLife): CommandLife {
  core.state.commands = keepLife(core.state.commands, life);
  return life;
}

/**
 * INVARIANT: this is the only place where a command is sealed, and only after it was admitted and the guard permitted it. The order
 * is admission, decision, record, state, bytes: nothing leaves that history does not know of.
 */
function guardAndDispatch(core: PlatformCore, request: CommandRequest, life: CommandLife): Unjudged {
  const admitted = admissionOf(core, request, life);
  if (admitted.kind !== 'admitted') return refuse(core, life, admitted);
  const { deps } = core;
  const context = contextOf(core, request, admitted);
  const decision = decide(request, context, deps.guardPolicy);
  if (decision.kind === 'refuse') return refuse(core, life, decision);
  if (awaitsApproval(core, request, context, life)) return awaitApproval(core, life, decision);
  return dispatch(core, request, life, decision, admitted);
}

function dispatch(
  core: PlatformCore,
  request: CommandRequest,
  life: CommandLife,
  { determinedBy }: Decision,
  { affordance, sealer }: Admitted,
): Unjudged {
  const { state } = core;
  const { id, thing: role, action, input, at: now } = request;
  const times = { issuedAt: now, expiresAt: now + COMMAND_LIFETIME };
  const command: Command = { kind: 'Command', id, thing: life.device, action, input, ...times };
  appendRecord(core, 'CommandPermitted', { id, determinedBy });
  appendRecord(core, 'CommandDispatched', asCbor(command));
  state.ledger = notePermitted(state.ledger, request, affordance, now);
  state.twin = applyDispatched(state.twin, { ...command, thing: role });
  keep(core, { ...life, ...statusNow('dispatched', now, now + ANSWER_WITHIN), determinedBy, reasons: [] });
  return {
    outcome: 'permitted',
    id,
    reasons: [],
    determinedBy,
    effects: [{ kind: 'dispatch', thing: life.device, bytes: sealer.seal(command) }],
    // The monitor must know what the platform itself asked for, or it would find its own commands unexplained.
    observation: { kind: 'dispatched', now, thing: role, action, input, twin: state.twin },
  };
}

function contextOf({ deps, state }: PlatformCore, { at }: CommandRequest, { affordance }: Admitted): GuardContext {
  const refusedUntil = state.incident.remoteCommandsRefusedUntil;
  return {
    now: at,
    twin: state.twin,
    ledger: state.ledger,
    affordance,
    openIncidents: deps.containment ? openIncidents(state.incident) : [],
    ...(refusedUntil === undefined || !deps.containment ? {} : { remoteCommandsRefusedUntil: refusedUntil }),
    riskOf,
  };
}

/** INVARIANT: a playbook waits for nobody: it adds nothing (`admissionOf`), and the harm it answers does not wait either. */
function awaitsApproval(
  { deps }: PlatformCore,
  request: CommandRequest,
  context: GuardContext,
  { approver }: CommandLife,
): boolean {
  if (deps.approvals === undefined || approver !== undefined || request.origin === 'playbook') return false;
  return needsApproval(deps.approvals, request, context);
}

function awaitApproval(core: PlatformCore, life: CommandLife, { determinedBy }: Decision): Unjudged {
  const now = nowOf(core);
  const dueAt = now + (core.deps.approvals?.waitMin ?? 0) * MINUTE;
  appendRecord(core, 'CommandAwaitsApproval', { id: life.id, determinedBy, dueAt });
  return answerOf(keep(core, { ...life, ...statusNow('awaiting-approval', now, dueAt), determinedBy }));
}

const statusNow = (status: CommandStatus, since: Millis, dueAt: Millis) => ({ status, since, dueAt });

function refuse(core: PlatformCore, life: CommandLife, decision: Decision): Unjudged {
  const { id, thing, action, requester, origin } = life;
  appendRecord(core, 'CommandRefused', asCbor({ id, ...decision }));
  const now = nowOf(core);
  const { determinedBy, reasons } = decision;
  keep(core, { ...life, status: 'refused', since: now, determinedBy, reasons });
  return {
    outcome: 'refused',
    id,
    reasons,
    determinedBy,
    effects: [],
    observation: {
      kind: 'command-refused',
      now,
      thing,
      action,
      requester,
      origin,
      determinedBy,
      twin: core.state.twin,
    },
  };
}

/** As it was answered, with nothing done again. */
function answerOf({ id, status, reasons, determinedBy }: CommandLife): Unjudged {
  const answer = { id, reasons, determinedBy, effects: [] };
  if (status === 'awaiting-approval') return { outcome: 'awaiting-approval', ...answer };
  return { outcome: status === 'refused' || status === 'declined' ? 'refused' : 'permitted', ...answer };
}

/** The request is malformed. Records that it was refused and why, and none of its content. */
function refusedMalformed(core: PlatformCore, malformation: Explanation): Unjudged {
  const determinedBy = ['form'];
  const reasons = [malformation];
  appendRecord(core, 'CommandRefused', asCbor({ determinedBy, reasons }));
  return { outcome: 'refused', reasons, determinedBy, effects: [] };
}

/** Somebody without an account: recorded without what was claimed, and told nothing. */
export function refuseUnknown(core: PlatformCore, wish: CommandWish): Unjudged {
  const determinedBy = ['authentication'];
  appendRecord(core, 'CommandRefused', { determinedBy, thing: wish.thing, action: wish.action });
  return { outcome: 'refused', reasons: [explanation('not authenticated')], determinedBy, effects: [] };
}

/** An answer after the monitor was shown what it is about. */
export function judged(core: PlatformCore, { observation, ...answer }: Unjudged, judge: Judge): CommandAnswer {
  if (observation === undefined) return answer;
  return { ...answer, effects: [...answer.effects, ...judge(core, observation)] };
}
