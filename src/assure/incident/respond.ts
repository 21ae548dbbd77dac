import type { Finding } from '#assure/monitor/finding';
import type { Millis } from '#base/time';
import type { Twin } from '#mirror/twin/twin';
import { declareIncident, takeIn } from './declare.ts';
import type { Incident, IncidentState, Transition } from './incident.ts';
import type { Playbook } from './playbook.ts';
import type { IncidentPolicy } from './policy.ts';
import { progress, takeSteps } from './progress.ts';
import type { Response } from './response.ts';

export interface Outcome {
  readonly state: IncidentState;
  /** To be carried out now, through the command path. */
  readonly responses: readonly Response[];
  /** To be recorded. */
  readonly transitions: readonly Transition[];
}

/**
 * Incident response at one instant: findings taken in, an incident declared where a criterion is met, steps that are due,
 * phases that are over. Pure. To be called on every message and on every tick, also without findings.
 */
export function respond(
  before: IncidentState,
  findings: readonly Finding[],
  now: Millis,
  twin: Twin,
  policy: IncidentPolicy,
  playbooks: readonly Playbook[],
): Outcome {
  const observed = noteReading(before, twin);
  if (findings.length === 0 && observed.event === undefined && observed.incidents.length === 0)
    return { state: observed, responses: [], transitions: [] };

  const taken = takeIn(observed, findings, now, policy, playbooks);
  const declared = declareIncident(taken.state, now, policy, playbooks);
  const transitions = [...taken.transitions, ...declared.transitions];
  const responses: Response[] = [];
  const incidents = declared.state.incidents.map((incident) => {
    const playbook = playbooks.find((candidate) => candidate.id === incident.playbook);
    return playbook === undefined ? incident : advance(incident, playbook, now, twin, responses, transitions);
  });
  return { state: refusing({ ...declared.state, incidents }, responses), responses, transitions };
}

function advance(
  incident: Incident,
  playbook: Playbook,
  now: Millis,
  twin: Twin,
  responses: Response[],
  transitions: Transition[],
): Incident {
  const stepped = takeSteps(incident, playbook, now);
  responses.push(...stepped.responses);
  const { incident: next, transition } = progress(stepped.incident, playbook, now, twin);
  if (transition !== undefined) transitions.push(transition);
  return next;
}

/** Of several orders to refuse remote commands the longest holds. */
function refusing(state: IncidentState, responses: readonly Response[]): IncidentState {
  let until = state.remoteCommandsRefusedUntil;
  for (const response of responses)
    if (response.kind === 'refuse-remote-commands') until = Math.max(until ?? response.until, response.until);
  return until === undefined ? state : { ...state, remoteCommandsRefusedUntil: until };
}

function noteReading(state: IncidentState, twin: Twin): IncidentState {
  const reading = twin.reported['cgm']?.['glucose'];
  if (reading === undefined || typeof reading.value !== 'number') return state;
  const last = state.readings.at(-1);
  const { at, receivedAt, value: glucose } = reading;
  if (last !== undefined && at === last.at && receivedAt === last.receivedAt) return state;
  const taken = { at, receivedAt, glucose };
  return { ...state, readings: last === undefined ? [taken] : [last, taken] };
}
