import type { Finding } from '#assure/monitor/finding';
import { type Explanation, explanationOf } from '#base/explanation';
import { MINUTE, type Millis } from '#base/time';
import { choosePlaybook } from './choose-playbook.ts';
import {
  type AdverseEvent,
  type Incident,
  type IncidentState,
  isOpen,
  MOST_FINDINGS,
  MOST_INCIDENTS,
  type Transition,
} from './incident.ts';
import type { Playbook } from './playbook.ts';
import type { Criterion, IncidentPolicy } from './policy.ts';

/**
 * Takes findings in: each goes to the open incident that it belongs to, or to the adverse event that may become one. A finding
 * that calls for a playbook above all that are under way belongs to none of them.
 */
export function takeIn(
  state: IncidentState,
  findings: readonly Finding[],
  now: Millis,
  policy: IncidentPolicy,
  playbooks: readonly Playbook[],
): { readonly state: IncidentState; readonly transitions: readonly Transition[] } {
  let next = forgetOldEvent(state, now, policy);
  const transitions: Transition[] = [];
  for (const finding of findings) {
    const precedence = choosePlaybook([finding], playbooks)?.precedence ?? 0;
    const isPossible = finding.confidence === 'possible';
    const index = next.incidents.findIndex((incident) => isOpen(incident) && incident.precedence >= precedence);
    if (index >= 0) {
      // What happens now and then without a cause does not keep an incident going.
      if (isPossible) continue;
      const before = next.incidents[index]!;
      const after = joined(before, finding, now);
      if (before.phase !== after.phase) transitions.push(declared(after, now, introduced('again', finding)));
      next = { ...next, incidents: next.incidents.with(index, after) };
      continue;
    }
    const known = next.event;
    const event: AdverseEvent = known ?? {
      kind: 'AdverseEvent',
      id: `event-${next.events + 1}`,
      since: now,
      findings: [],
    };
    if (!isPossible && event.findings.every(({ confidence }) => confidence === 'possible'))
      transitions.push({ kind: 'AdverseEventDeclared', id: event.id, at: now, reason: explanationOf(finding) });
    next = {
      ...next,
      events: known === undefined ? next.events + 1 : next.events,
      event: { ...event, findings: [...event.findings.slice(1 - MOST_FINDINGS), finding] },
    };
  }
  return { state: next, transitions };
}

/** The adverse event declared an incident, where a criterion is met and a playbook is called for. */
export function declareIncident(
  state: IncidentState,
  now: Millis,
  policy: IncidentPolicy,
  playbooks: readonly Playbook[],
): { readonly state: IncidentState; readonly transitions: readonly Transition[] } {
  const { event } = state;
  if (event === undefined) return { state, transitions: [] };
  const criterion = policy.criteria.find((candidate) => isMet(candidate, event, state, now));
  const playbook = criterion === undefined ? undefined : choosePlaybook(event.findings, playbooks);
  if (criterion === undefined || playbook === undefined) return { state, transitions: [] };

  const incident: Incident = {
    kind: 'Incident',
    id: `incident-${state.declared + 1}`,
    phase: 'declared',
    criterion: criterion.id,
    playbook: playbook.id,
    precedence: playbook.precedence,
    declaredAt: now,
    phaseSince: now,
    lastFindingAt: now,
    findings: event.findings,
    stepsTaken: [],
  };
  const { event: _, ...rest } = state;
  const incidents = [...withoutOldest(state.incidents), incident];
  const reason = introduced(criterion.statement, event.findings.at(-1)!);
  return {
    state: { ...rest, incidents, declared: state.declared + 1 },
    transitions: [declared(incident, now, reason)],
  };
}

/** The finding as a reason, with words of the program or of a policy before it. */
const introduced = (words: string, finding: Finding): Explanation => ({
  ...explanationOf(finding),
  statement: `${words}: ${finding.statement}`,
});

const declared = ({ id, criterion, playbook }: Incident, at: Millis, reason: Explanation): Transition => ({
  kind: 'IncidentDeclared',
  id,
  at,
  reason,
  criterion,
  playbook,
});

function forgetOldEvent(state: IncidentState, now: Millis, policy: IncidentPolicy): IncidentState {
  const last = state.event?.findings.at(-1);
  if (last === undefined || now - last.at <= policy.adverseEventWindowMin * MINUTE) return state;
  const { event: _, ...rest } = state;
  return rest;
}

function joined(incident: Incident, finding: Finding, now: Millis): Incident {
  const findings = incident.findings.length < MOST_FINDINGS ? [...incident.findings, finding] : incident.findings;
  // What was done has not sufficed or is over: the playbook starts again.
  const back = incident.phase === 'declared' ? {} : ({ phase: 'declared', phaseSince: now, stepsTaken: [] } as const);
  return { ...incident, ...back, findings, lastFindingAt: now };
}

function isMet(criterion: Criterion, event: AdverseEvent, state: IncidentState, now: Millis): boolean {
  const { glucoseBelowMgPerDl, falling, rules, what, confidence, corroborated, withinMin } = criterion;
  const [before, last] = state.readings;
  const glucose = (last ?? before)?.glucose ?? Number.POSITIVE_INFINITY;
  if (glucoseBelowMgPerDl !== undefined && glucose >= glucoseBelowMgPerDl) return false;
  if (falling === true && !(last !== undefined && before !== undefined && last.glucose < before.glucose)) return false;
  const seen = new Set<string>();
  let isSure = false;
  for (const finding of event.findings) {
    if (now - finding.at > withinMin * MINUTE) continue;
    const counts = finding.confidence === 'certain' || finding.confidence === confidence;
    if (!counts && corroborated !== true) continue;
    if (rules !== undefined && !rules.includes(finding.rule)) continue;
    if (what !== undefined && (finding.what === undefined || !what.includes(finding.what))) continue;
    isSure ||= counts;
    seen.add(finding.rule);
  }
  return isSure && seen.size >= criterion.distinctRules;
}

/** Closed incidents make room first; history holds them all. */
function withoutOldest(incidents: readonly Incident[]): readonly Incident[] {
  if (incidents.length < MOST_INCIDENTS) return incidents;
  const closed = incidents.findIndex((incident) => !isOpen(incident));
  return incidents.toSpliced(Math.max(0, closed), 1);
}
