import { type Explanation, explanation } from '#base/explanation';
import { MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import type { Twin } from '#mirror/twin/twin';
import type { Incident, IncidentState, Phase, Transition } from './incident.ts';
import type { Playbook, Recovery, Step } from './playbook.ts';
import type { Response } from './response.ts';

/** Older readings tell nothing about recovery. */
const FRESH: Millis = 15 * MINUTE;

const TRANSITION: Readonly<Record<Exclude<Phase, 'declared'>, Transition['kind']>> = {
  contained: 'IncidentContained',
  eradicated: 'IncidentEradicated',
  recovered: 'IncidentRecovered',
  closed: 'IncidentClosed',
};

/** Steps of the incident's playbook that are due now, in their order. */
export function takeSteps(
  incident: Incident,
  playbook: Playbook,
  now: Millis,
): { readonly incident: Incident; readonly responses: readonly Response[] } {
  if (incident.phase !== 'declared' || incident.stepsTaken.length === playbook.steps.length)
    return { incident, responses: [] };
  const responses: Response[] = [];
  const taken = [...incident.stepsTaken];
  playbook.steps.forEach((step, index) => {
    if (taken.includes(index) || !isDue(step, incident, now)) return;
    taken.push(index);
    responses.push(responseOf(step, incident, now));
  });
  return responses.length === 0 ? { incident, responses } : { incident: { ...incident, stepsTaken: taken }, responses };
}

function isDue(step: Step, incident: Incident, now: Millis): boolean {
  if (now < incident.phaseSince + step.afterMin * MINUTE) return false;
  return step.ifStillActive !== true || incident.lastFindingAt > incident.phaseSince;
}

function responseOf(step: Step, { id }: Incident, now: Millis): Response {
  switch (step.kind) {
    case 'refuse-remote-commands':
      return { kind: 'refuse-remote-commands', until: now + step.forMin * MINUTE, because: id };
    case 'fall-back-to-safe-basal': {
      const input = { durationMin: step.durationMin };
      return { kind: 'command', thing: 'pump', action: 'fallBackToSafeBasal', input, because: id };
    }
    case 'revoke-link':
      return { kind: 'command', thing: 'pump', action: 'revokeLink', input: { peer: step.peer }, because: id };
    case 'alert-patient':
      return { kind: 'notify', who: 'patient', text: step.text, incident: id };
    case 'alert-staff':
      return { kind: 'notify', who: 'staff', text: step.text, incident: id };
  }
}

/** The incident a phase further, where the playbook's condition for it holds. */
export function progress(
  incident: Incident,
  { recovery, steps }: Playbook,
  now: Millis,
  twin: Twin,
): { readonly incident: Incident; readonly transition?: Transition } {
  const quietMin = (now - incident.lastFindingAt) / MINUTE;
  switch (incident.phase) {
    case 'declared': {
      const due = steps.every((step, index) => step.ifStillActive === true || incident.stepsTaken.includes(index));
      if (!due || quietMin < recovery.containedAfterQuietMin) return { incident };
      return entered(incident, 'contained', now, quietFor(recovery.containedAfterQuietMin));
    }
    case 'contained':
      if (quietMin < recovery.eradicatedAfterQuietMin) return { incident };
      return entered(incident, 'eradicated', now, quietFor(recovery.eradicatedAfterQuietMin));
    case 'eradicated':
      return recover(incident, recovery, now, twin);
    case 'recovered':
      if (now - incident.phaseSince < recovery.closedAfterMin * MINUTE) return { incident };
      return entered(incident, 'closed', now, recoveredAgo(recovery.closedAfterMin));
    case 'closed':
      return { incident };
  }
}

/** What staff found out goes before what the playbook waits for. Going back is the findings' business alone. */
export function stateByStaff(
  state: IncidentState,
  incidentId: string,
  phase: Exclude<Phase, 'declared'>,
  reason: string,
  now: Millis,
): { readonly state: IncidentState; readonly transitions: readonly Transition[] } {
  const index = state.incidents.findIndex((incident) => incident.id === incidentId);
  const incident = state.incidents[index];
  if (incident === undefined || ORDER.indexOf(phase) <= ORDER.indexOf(incident.phase))
    return { state, transitions: [] };
  const stated = explanation('staff: {reason}', { reported: { reason } });
  const { incident: next, transition } = entered(incident, phase, now, stated);
  return { state: { ...state, incidents: state.incidents.with(index, next) }, transitions: [transition] };
}

const ORDER: readonly Phase[] = ['declared', 'contained', 'eradicated', 'recovered', 'closed'];

function recover(incident: Incident, { recoveredInRange }: Recovery, now: Millis, twin: Twin) {
  const { low, high, forMin } = recoveredInRange;
  const reading = twin.reported['cgm']?.['glucose'];
  const glucose = reading !== undefined && now - reading.receivedAt <= FRESH ? reading.value : undefined;
  if (typeof glucose !== 'number' || glucose < low || glucose > high) {
    if (incident.inRangeSince === undefined) return { incident };
    const { inRangeSince: _, ...rest } = incident;
    return { incident: rest };
  }
  if (incident.inRangeSince === undefined) return { incident: { ...incident, inRangeSince: now } };
  if (now - incident.inRangeSince < forMin * MINUTE) return { incident };
  const reason = explanation('glucose within {low} to {high} mg/dL for {minutes} min', {
    values: { low, high, minutes: forMin },
  });
  return entered(incident, 'recovered', now, reason);
}

const quietFor = (minutes: Minutes): Explanation =>
  explanation('no further finding for {minutes} min', { values: { minutes } });

const recoveredAgo = (minutes: Minutes): Explanation =>
  explanation('recovered {minutes} min ago', { values: { minutes } });

function entered(incident: Incident, phase: Exclude<Phase, 'declared'>, now: Millis, reason: Explanation) {
  const transition: Transition = { kind: TRANSITION[phase], id: incident.id, at: now, reason };
  return { incident: { ...incident, phase, phaseSince: now }, transition };
}
