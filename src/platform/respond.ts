import { respond } from '#assure/incident/respond';
import type { Response } from '#assure/incident/response';
import type { Finding } from '#assure/monitor/finding';
import type { Observation } from '#assure/monitor/rule';
import { asCbor } from '#base/canonical';
import { commandFromPlaybook } from './command.ts';
import { nowOf, type PlatformCore } from './core.ts';
import type { Effect } from './effect.ts';
import { appendRecord, bodyOfFinding } from './records.ts';

const NOTHING: readonly Effect[] = [];

/** Shows an observation to the monitor, records what it found, and lets incident response act on it. */
export function judgeAndRespond(core: PlatformCore, observation: Observation): readonly Effect[] {
  const { deps, state } = core;
  const findings = show(core, observation);
  const outcome = respond(state.incident, findings, nowOf(core), state.twin, deps.incidentPolicy, deps.playbooks);
  for (const { kind, ...transition } of outcome.transitions) appendRecord(core, kind, asCbor(transition));
  state.incident = outcome.state;
  if (outcome.responses.length === 0 || !deps.containment) return NOTHING;
  return outcome.responses.flatMap((response) => carryOut(core, response));
}

/** Shows it to the monitor and records what it found; nothing is done about it. */
export function show(core: PlatformCore, observation: Observation): readonly Finding[] {
  const findings = core.deps.monitor.check(observation);
  for (const finding of findings) appendRecord(core, 'FindingRaised', bodyOfFinding(finding));
  return findings;
}

/** A step of a playbook: a command goes the way of all commands and may be refused there. */
function carryOut(core: PlatformCore, response: Response): readonly Effect[] {
  switch (response.kind) {
    case 'command': {
      const { thing, action, input, because } = response;
      const answer = commandFromPlaybook(core, { thing, action, input }, because);
      appendRecord(core, 'ResponseTaken', { incident: because, action, thing, outcome: answer.outcome });
      // Shown to the monitor, so that it explains what follows; a response is never the cause of another one.
      if (answer.observation !== undefined) show(core, answer.observation);
      return answer.effects.map((effect) =>
        effect.kind === 'dispatch' ? { ...effect, because: `${action} (${because})` } : effect,
      );
    }
    case 'notify': {
      const { who, text, incident } = response;
      appendRecord(core, 'ResponseTaken', { incident, action: `alert ${who}`, text });
      return [{ kind: 'notify', who, text, incident }];
    }
    case 'refuse-remote-commands': {
      const { because, until } = response;
      appendRecord(core, 'ResponseTaken', { incident: because, action: 'refuse remote commands', until });
      return NOTHING;
    }
  }
}
