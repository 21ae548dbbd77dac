import type { CborObject } from '#base/canonical';
import type { Millis } from '#base/time';
import type { HistoryReader } from '#edge/live/history-reader';
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

/** The incidents of a subject as history tells of them up to `at`, oldest first. */
export async function incidentsAt(
  history: HistoryReader,
  subject: SubjectId,
  at: Millis,
): Promise<readonly IncidentView[]> {
  const found = await history.find({
    subject,
    kinds: INCIDENT_KINDS,
    to: at + 1,
    limit: MOST_TRANSITIONS,
    descending: true,
  });
  const incidents = new Map<string, IncidentView>();
  for (const one of found.toReversed()) if (one.kind === 'read') apply(incidents, one.record);
  return [...incidents.values()];
}

function apply(incidents: Map<string, IncidentView>, { kind, at, body }: HistoryRecord): void {
  const { id, reason } = body as CborObject;
  const phase = PHASE_OF[kind];
  if (typeof id !== 'string' || phase === undefined) return;
  const told = typeof reason === 'string' ? { reason } : {};
  const declaredAt = incidents.get(id)?.declaredAt ?? isoOf(at);
  incidents.set(id, { id, phase, declaredAt, phaseSince: isoOf(at), ...told });
}
