import type { CborObject } from '#base/canonical';
import { type Explanation, explain, type Insight } from '#base/explanation';
import { recordedExplanation } from '#base/recorded-explanation';
import type { Millis } from '#base/time';
import type { Found, HistoryReader } from '#edge/live/history-reader';
import type { HistoryRecord, RecordKind, SubjectId } from '#mirror/history/record';
import { isoOf } from '../instant.ts';
import type { IncidentView } from '../twins/twin-schema.ts';

const PHASE_OF: Partial<Readonly<Record<RecordKind, string>>> = {
  IncidentDeclared: 'declared',
  IncidentContained: 'contained',
  IncidentEradicated: 'eradicated',
  IncidentRecovered: 'recovered',
  IncidentClosed: 'closed',
};
export const INCIDENT_KINDS = Object.keys(PHASE_OF) as readonly RecordKind[];

/** Transitions that are looked at: of a hundred incidents or so, newest first. */
const MOST_TRANSITIONS = 500;
const MOST_TRANSITIONS_OF_ALL = 5_000;

export type PastIncident = Omit<IncidentView, 'reason'> & { readonly reason: Explanation };

export const pastIncidentView = ({ reason, ...incident }: PastIncident, insight: Insight): IncidentView => ({
  ...incident,
  reason: explain(reason, insight),
});

/** The incidents of a subject as history tells of them up to `at`, oldest first. */
export async function incidentsAt(
  history: HistoryReader,
  subject: SubjectId,
  at: Millis,
): Promise<readonly PastIncident[]> {
  const query = { kinds: INCIDENT_KINDS, to: at + 1, limit: MOST_TRANSITIONS, descending: true };
  return fold(await history.find({ subject, ...query }));
}

/** Those of everybody, by subject. */
export async function allIncidentsAt(
  history: HistoryReader,
  at: Millis,
): Promise<ReadonlyMap<SubjectId, readonly PastIncident[]>> {
  const query = { kinds: INCIDENT_KINDS, to: at + 1, limit: MOST_TRANSITIONS_OF_ALL, descending: true };
  const found = Map.groupBy(await history.find(query), (one) => (one.kind === 'read' ? one.record : one).subject);
  return new Map([...found].map(([subject, own]) => [subject, fold(own)]));
}

/** Newest first. */
function fold(found: readonly Found[]): readonly PastIncident[] {
  const incidents = new Map<string, PastIncident>();
  for (const one of found.toReversed()) if (one.kind === 'read') apply(incidents, one.record);
  return [...incidents.values()];
}

function apply(incidents: Map<string, PastIncident>, { kind, at, body }: HistoryRecord): void {
  const { id, reason, criterion, playbook } = body as CborObject;
  const phase = PHASE_OF[kind];
  if (typeof id !== 'string' || phase === undefined) return;
  const { declaredAt = isoOf(at), reason: _, ...known } = incidents.get(id) ?? {};
  incidents.set(id, {
    ...known,
    id,
    phase,
    declaredAt,
    phaseSince: isoOf(at),
    ...(typeof criterion === 'string' ? { criterion } : {}),
    ...(typeof playbook === 'string' ? { playbook } : {}),
    reason: recordedExplanation(reason),
  });
}
