import type { Finding } from '#assure/monitor/finding';
import type { Explanation } from '#base/explanation';
import type { Millis } from '#base/time';
import type { MgPerDl } from '#base/units';

/** NIST SP 800-61r3 in our words. A finding that comes in while contained or eradicated brings an incident back to declared. */
export type Phase = 'declared' | 'contained' | 'eradicated' | 'recovered' | 'closed';

export interface Incident {
  readonly kind: 'Incident';
  /** `incident-1`, `incident-2` ... within one subject. */
  readonly id: string;
  readonly phase: Phase;
  /** The criterion that was met, and the playbook that was chosen. */
  readonly criterion: string;
  readonly playbook: string;
  readonly precedence: number;
  readonly declaredAt: Millis;
  readonly phaseSince: Millis;
  readonly lastFindingAt: Millis;
  /** Those that led to it and the first that followed, at most `MOST_FINDINGS`. */
  readonly findings: readonly Finding[];
  /** Indices of the playbook's steps that were taken. */
  readonly stepsTaken: readonly number[];
  /** Start of the present stretch of fresh readings within the recovery range. */
  readonly inRangeSince?: Millis;
}

/** Findings that may belong together, on the way to an incident or to nothing. */
export interface AdverseEvent {
  readonly kind: 'AdverseEvent';
  readonly id: string;
  readonly since: Millis;
  readonly findings: readonly Finding[];
}

/** All that incident response remembers of one subject; immutable and bounded. */
export interface IncidentState {
  readonly event?: AdverseEvent;
  /** Oldest first; those not closed, and the last closed ones. */
  readonly incidents: readonly Incident[];
  readonly declared: number;
  readonly events: number;
  readonly remoteCommandsRefusedUntil?: Millis;
  /** The last two glucose readings that the twin took for the newest, newest last: whether it falls. */
  readonly readings: readonly { readonly at: Millis; readonly receivedAt: Millis; readonly glucose: MgPerDl }[];
}

/** A change that history records; `kind` is the record's kind. */
export interface Transition {
  readonly kind:
    | 'AdverseEventDeclared'
    | 'IncidentDeclared'
    | 'IncidentContained'
    | 'IncidentEradicated'
    | 'IncidentRecovered'
    | 'IncidentClosed';
  /** Id of the incident or of the adverse event. */
  readonly id: string;
  readonly at: Millis;
  readonly reason: Explanation;
  /** Of a declared incident: which criterion was met, and what is done about it. */
  readonly criterion?: string;
  readonly playbook?: string;
}

export const NO_INCIDENT: IncidentState = { incidents: [], declared: 0, events: 0, readings: [] };

export const MOST_FINDINGS = 32;
export const MOST_INCIDENTS = 32;

/** Ids of the incidents that are not yet recovered: while there is one, the guard lets nothing add insulin. */
export function openIncidents(state: IncidentState): readonly string[] {
  if (state.incidents.length === 0) return NONE;
  return state.incidents.filter(isOpen).map((incident) => incident.id);
}

export const isOpen = (incident: Incident): boolean => incident.phase !== 'recovered' && incident.phase !== 'closed';

const NONE: readonly string[] = [];
