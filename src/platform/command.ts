import { notePermitted } from '#assure/guard/command-ledger';
import type { Decision } from '#assure/guard/decision';
import { decide } from '#assure/guard/guard';
import type { CommandRequest } from '#assure/guard/request';
import { openIncidents } from '#assure/incident/incident';
import type { Observation } from '#assure/monitor/rule';
import { asCbor } from '#base/canonical';
import { MINUTE, type Millis } from '#base/time';
import { applyDispatched } from '#mirror/twin/twin';
import type { Command } from '#model/thing/message';
import { authenticate, authorized } from './account.ts';
import { type CommandWish, malformationOf } from './command-wish.ts';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { appendRecord } from './records.ts';
import { rehearse } from './rehearse.ts';

/** A device refuses a command that arrives later than this. */
const COMMAND_LIFETIME: Millis = 2 * MINUTE;

export interface CommandAnswer {
  readonly outcome: 'permitted' | 'refused';
  readonly reasons: readonly string[];
  readonly effects: readonly Effect[];
  /** What the monitor is to be shown of it. */
  readonly observation?: Observation;
}

/** A person's way to a device: form (is it a request), authenticate (who), authorize (may they), guard (is it safe now). */
export function requestCommand(core: PlatformCore, token: string, wish: CommandWish): CommandAnswer {
  const malformation = malformationOf(wish);
  if (malformation !== undefined) return refusedMalformed(core, malformation);
  const account = authenticate(core.deps.accounts, token);
  if (account === undefined) return refusedUnknown(core, wish);
  const request = requestOf(core, wish, account.id, 'person');
  appendRecord(core, 'CommandRequested', asCbor(request));
  if (!authorized(account, wish.thing, wish.action)) {
    return refuse(core, request, {
      kind: 'refuse',
      determinedBy: ['authorization'],
      failed: [],
      reasons: [`\`${account.id}\` may not ask \`${wish.thing}\` for \`${wish.action}\``],
    });
  }
  return guardAndDispatch(core, request);
}

/** A playbook's way to a device: the same guard, the same records. */
export function commandFromPlaybook(core: PlatformCore, wish: CommandWish, incident: string): CommandAnswer {
  const request = requestOf(core, wish, incident, 'playbook');
  appendRecord(core, 'CommandRequested', asCbor(request));
  return guardAndDispatch(core, request);
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

/**
 * INVARIANT: this is the only place where a command is sealed, and only after the guard permitted it. The order is decision,
 * record, state, bytes: nothing leaves that history does not know of.
 */
function guardAndDispatch(core: PlatformCore, request: CommandRequest): CommandAnswer {
  const { deps, state } = core;
  const now = request.at;
  const refusedUntil = state.incident.remoteCommandsRefusedUntil;
  const decision = decide(
    request,
    {
      now,
      twin: state.twin,
      ledger: state.ledger,
      openIncidents: deps.containment ? openIncidents(state.incident) : [],
      ...(refusedUntil === undefined || !deps.containment ? {} : { remoteCommandsRefusedUntil: refusedUntil }),
      killSwitch: state.killSwitch,
      rehearse,
    },
    deps.guardPolicy,
  );
  if (decision.kind === 'refuse') return refuse(core, request, decision);
  const sealer = deps.sealers.get(request.thing);
  if (sealer === undefined) {
    return refuse(core, request, {
      kind: 'refuse',
      determinedBy: ['dispatch'],
      failed: [],
      reasons: [`\`${request.thing}\` takes no commands`],
    });
  }
  const { id, thing, action, input } = request;
  const command: Command = {
    kind: 'Command',
    id,
    thing,
    action,
    input,
    issuedAt: now,
    expiresAt: now + COMMAND_LIFETIME,
  };
  appendRecord(core, 'CommandPermitted', { id, determinedBy: decision.determinedBy });
  appendRecord(core, 'CommandDispatched', asCbor(command));
  state.ledger = notePermitted(state.ledger, request, now);
  state.twin = applyDispatched(state.twin, command);
  return {
    outcome: 'permitted',
    reasons: [],
    effects: [{ kind: 'dispatch', thing, bytes: sealer.seal(command) }],
    // The monitor must know what the platform itself asked for, or it would find its own commands unexplained.
    observation: { kind: 'dispatched', now, thing, action, input, twin: state.twin },
  };
}

function refuse(core: PlatformCore, request: CommandRequest, decision: Decision): CommandAnswer {
  appendRecord(core, 'CommandRefused', asCbor({ id: request.id, ...decision }));
  const { at: now, thing, action, requester, origin } = request;
  const { determinedBy } = decision;
  return {
    outcome: 'refused',
    reasons: decision.reasons,
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

/** Nobody's business yet: what was asked is no request, so nothing of it is recorded but that, and why. */
function refusedMalformed(core: PlatformCore, malformation: string): CommandAnswer {
  appendRecord(core, 'CommandRefused', { determinedBy: ['form'], reasons: [malformation] });
  return { outcome: 'refused', reasons: [malformation], effects: [] };
}

/** Somebody without an account: recorded without what was claimed, and told nothing. */
function refusedUnknown(core: PlatformCore, wish: CommandWish): CommandAnswer {
  appendRecord(core, 'CommandRefused', {
    determinedBy: ['authentication'],
    thing: wish.thing,
    action: wish.action,
  });
  return { outcome: 'refused', reasons: ['not authenticated'], effects: [] };
}
