import { needsApproval } from '#assure/guard/approval';
import { notePermitted } from '#assure/guard/command-ledger';
import type { Decision } from '#assure/guard/decision';
import { decide } from '#assure/guard/guard';
import type { CommandRequest } from '#assure/guard/request';
import { openIncidents } from '#assure/incident/incident';
import type { Observation } from '#assure/monitor/rule';
import { asCbor } from '#base/canonical';
import { cutText } from '#base/cut-text';
import { MINUTE, type Millis } from '#base/time';
import { applyDispatched } from '#mirror/twin/twin';
import type { Command } from '#model/thing/message';
import { type CommandLife, type CommandStatus, keepLife, lifeOf } from './command-life.ts';
import { type CommandWish, malformationOf } from './command-wish.ts';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { appendRecord } from './records.ts';
import { rehearse } from './rehearse.ts';

/** A device refuses a command that arrives later than this. */
export const COMMAND_LIFETIME: Millis = 2 * MINUTE;
/** A device that got a command in time has answered by then, by way of a gateway that bundles. */
export const ANSWER_WITHIN: Millis = COMMAND_LIFETIME + MINUTE;

/** What was found about whether somebody may ask for this: a value that is recorded with the request. */
export interface Authorization {
  readonly outcome: 'permit' | 'refuse';
  /** Ids of the policies that determined it. */
  readonly determinedBy: readonly string[];
  readonly reasons: readonly string[];
}

/** Somebody who was authenticated, and whether they may ask for what they ask for. */
export interface Requester {
  readonly id: string;
  readonly authorization: Authorization;
  /** At most 64 characters; the same one again is the same request. */
  readonly idempotencyKey?: string;
}

export interface CommandAnswer {
  readonly outcome: 'permitted' | 'refused' | 'awaiting-approval';
  /** Absent when it was no request at all. */
  readonly id?: string;
  readonly reasons: readonly string[];
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
  const { id, authorization, idempotencyKey } = requester;
  const earlier = earlierRequest(core, id, idempotencyKey);
  if (earlier !== undefined) return answerOf(earlier);
  const request = requestOf(core, wish, id, 'person');
  appendRecord(core, 'CommandRequested', asCbor({ ...request, authorization, idempotencyKey }));
  const life = lifeOfRequest(request, idempotencyKey);
  if (authorization.outcome !== 'permit') {
    const { determinedBy, reasons } = authorization;
    return refuse(core, life, { kind: 'refuse', determinedBy, failed: [], reasons });
  }
  return guardAndDispatch(core, request, life);
}

/** A playbook's way to a device: the same guard, the same records; it waits for nobody. */
export function commandFromPlaybook(core: PlatformCore, wish: CommandWish, incident: string): Unjudged {
  const request = requestOf(core, wish, incident, 'playbook');
  appendRecord(core, 'CommandRequested', asCbor(request));
  return guardAndDispatch(core, request, lifeOfRequest(request));
}

/**
 * A second person's word on a command that waits. INVARIANT: never the person who asked for it, and the guard decides again:
 * what was safe when it was asked for may not be any more.
 */
export function approveCommand(
  core: PlatformCore,
  approver: Requester,
  commandId: string,
  approves: boolean,
): Unjudged {
  const life = lifeOf(core.state.commands, commandId);
  const objection = objectionTo(approver, life);
  if (life === undefined || objection !== undefined) {
    const determinedBy = objection === 'two-person-rule' ? [objection] : approver.authorization.determinedBy;
    const reasons = [objection === 'two-person-rule' ? TWO_PERSONS : (objection ?? 'no such command waits')];
    appendRecord(core, 'CommandRefused', { id: cutText(commandId, 64), approver: approver.id, determinedBy, reasons });
    return { outcome: 'refused', id: commandId, reasons, determinedBy, effects: [] };
  }
  const { id, authorization } = approver;
  if (!approves) {
    const reasons = [`declined by \`${id}\``];
    appendRecord(core, 'CommandDeclined', asCbor({ id: commandId, by: id, authorization, reasons }));
    return answerOf(keep(core, { ...life, status: 'declined', since: nowOf(core), approver: id, reasons }));
  }
  appendRecord(core, 'CommandApproved', asCbor({ id: commandId, by: id, authorization }));
  const { thing, action, input, requester, origin } = life;
  const request: CommandRequest = { id: commandId, thing, action, input, requester, origin, at: nowOf(core) };
  return guardAndDispatch(core, request, { ...life, approver: id });
}

const TWO_PERSONS = 'a command is approved by somebody else than whoever asked for it';

function objectionTo(approver: Requester, life: CommandLife | undefined): string | undefined {
  if (approver.authorization.outcome !== 'permit') return approver.authorization.reasons[0] ?? 'not permitted';
  if (life?.status !== 'awaiting-approval') return 'no such command waits for approval';
  return life.requester === approver.id ? 'two-person-rule' : undefined;
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
  return { id: `c${core.state.commandsRequested}`, ...wish, requester, origin, at: nowOf(core) };
}

function lifeOfRequest(request: CommandRequest, idempotencyKey?: string): CommandLife {
  const { id, thing, action, input, requester, origin, at } = request;
  const key = idempotencyKey === undefined ? {} : { idempotencyKey };
  const now = { requestedAt: at, since: at, status: 'refused', reasons: [], determinedBy: [] } as const;
  return { id, thing, action, input, requester, origin, ...key, ...now };
}

function keep(core: PlatformCore, life: CommandLife): CommandLife {
  core.state.commands = keepLife(core.state.commands, life);
  return life;
}

/**
 * INVARIANT: this is the only place where a command is sealed, and only after the guard permitted it. The order is decision,
 * record, state, bytes: nothing leaves that history does not know of.
 */
function guardAndDispatch(core: PlatformCore, request: CommandRequest, life: CommandLife): Unjudged {
  const { deps, state } = core;
  const decision = decisionOf(core, request);
  if (decision.kind === 'refuse') return refuse(core, life, decision);
  const sealer = deps.sealers.get(request.thing);
  if (sealer === undefined) {
    const reasons = [`\`${request.thing}\` takes no commands`];
    return refuse(core, life, { kind: 'refuse', determinedBy: ['dispatch'], failed: [], reasons });
  }
  if (awaitsApproval(core, request, life)) return awaitApproval(core, life, decision);
  const { id, thing: role, action, input, at: now } = request;
  const thing = deps.thingOf?.(role) ?? role;
  const times = { issuedAt: now, expiresAt: now + COMMAND_LIFETIME };
  const command: Command = { kind: 'Command', id, thing, action, input, ...times };
  const { determinedBy } = decision;
  appendRecord(core, 'CommandPermitted', { id, determinedBy });
  appendRecord(core, 'CommandDispatched', asCbor(command));
  state.ledger = notePermitted(state.ledger, request, now);
  state.twin = applyDispatched(state.twin, { ...command, thing: role });
  keep(core, { ...life, ...statusNow('dispatched', now, now + ANSWER_WITHIN), determinedBy, reasons: [] });
  return {
    outcome: 'permitted',
    id,
    reasons: [],
    determinedBy,
    effects: [{ kind: 'dispatch', thing, bytes: sealer.seal(command) }],
    // The monitor must know what the platform itself asked for, or it would find its own commands unexplained.
    observation: { kind: 'dispatched', now, thing: role, action, input, twin: state.twin },
  };
}

function decisionOf({ deps, state }: PlatformCore, request: CommandRequest): Decision {
  const refusedUntil = state.incident.remoteCommandsRefusedUntil;
  const context = {
    now: request.at,
    twin: state.twin,
    ledger: state.ledger,
    openIncidents: deps.containment ? openIncidents(state.incident) : [],
    ...(refusedUntil === undefined || !deps.containment ? {} : { remoteCommandsRefusedUntil: refusedUntil }),
    killSwitch: state.killSwitch || deps.isStopped?.() === true,
    rehearse,
  };
  return decide(request, context, deps.guardPolicy);
}

/** INVARIANT: a playbook waits for nobody: it may only withhold insulin, and the harm it answers does not wait either. */
function awaitsApproval({ deps }: PlatformCore, request: CommandRequest, { approver }: CommandLife): boolean {
  if (deps.approvals === undefined || approver !== undefined || request.origin === 'playbook') return false;
  return needsApproval(deps.approvals, request);
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

/** Nobody's business yet: what was asked is no request, so nothing of it is recorded but that, and why. */
function refusedMalformed(core: PlatformCore, malformation: string): Unjudged {
  const determinedBy = ['form'];
  appendRecord(core, 'CommandRefused', { determinedBy, reasons: [malformation] });
  return { outcome: 'refused', reasons: [malformation], determinedBy, effects: [] };
}

/** Somebody without an account: recorded without what was claimed, and told nothing. */
export function refuseUnknown(core: PlatformCore, wish: CommandWish): Unjudged {
  const determinedBy = ['authentication'];
  appendRecord(core, 'CommandRefused', { determinedBy, thing: wish.thing, action: wish.action });
  return { outcome: 'refused', reasons: ['not authenticated'], determinedBy, effects: [] };
}

/** An answer after the monitor was shown what it is about. */
export function judged(core: PlatformCore, { observation, ...answer }: Unjudged, judge: Judge): CommandAnswer {
  if (observation === undefined) return answer;
  return { ...answer, effects: [...answer.effects, ...judge(core, observation)] };
}
