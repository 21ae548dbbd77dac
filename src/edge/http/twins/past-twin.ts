import type { Millis } from '#base/time';
import type { Found, HistoryReader } from '#edge/live/history-reader';
import type { RecordKind } from '#mirror/history/record';
import { createTwin, type Twin } from '#mirror/twin/twin';
import type { SubjectEntry } from '#platform/fleet/registry';
import type { Caller } from '../caller.ts';
import { incidentsAt, pastIncidentView } from '../incidents/past-incidents.ts';
import { instantOf, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { IncidentView, TwinSummary } from './twin-schema.ts';
import { incidentView } from './twin-view.ts';

/** A twin at the instant that a read is about. */
export interface TwinThen {
  readonly twin: Twin;
  readonly at: Millis;
  readonly isPast: boolean;
  /** Those that were not closed then. */
  readonly incidents: readonly IncidentView[];
}

export const twinNow = ({ live, clock }: RouteContext, { subject }: SubjectEntry): TwinThen => {
  const state = live.fleet.subject(subject);
  return {
    twin: state?.twin ?? createTwin(subject),
    at: clock.now(),
    isPast: false,
    incidents: (state?.incident.incidents ?? []).filter(({ phase }) => phase !== 'closed').map(incidentView),
  };
};

/**
 * The twin now, or as it was at `at`: then rebuilt from history.
 * @throws Fault `http.not-found` where it was not admitted then, `http.bad-instant`, `http.busy`
 */
export async function twinThen(
  context: RouteContext,
  caller: Caller,
  entry: SubjectEntry,
  stated: string | undefined,
): Promise<TwinThen> {
  if (stated === undefined) return twinNow(context, entry);
  const { live, heavy, clock, gate } = context;
  const at = Math.min(instantOf(stated, 'at'), clock.now());
  const { subject } = entry;
  return heavy.run(caller, async () => {
    const twin = await live.history.twinAt(subject, at);
    if (twin === undefined) throw notFound('twin at that instant');
    const incidents = await incidentsAt(live.history, subject, at);
    const unclosed = incidents.filter(({ phase }) => phase !== 'closed');
    const insight = gate.insight(caller, subject);
    return { twin, at, isPast: true, incidents: unclosed.map((incident) => pastIncidentView(incident, insight)) };
  });
}

/** What a list tells of a twin, as it was: out of the last record of each sort. */
export async function summaryThen(history: HistoryReader, entry: SubjectEntry, at: Millis): Promise<TwinSummary> {
  const { subject, ward, admittedAt } = entry;
  const last = async (kind: RecordKind): Promise<Found | undefined> =>
    (await history.find({ subject, kinds: [kind], to: at + 1, limit: 1, descending: true }))[0];
  const heard = await last('MessageReceived');
  const lastHeardAt = heard?.kind === 'read' ? heard.record.at : heard?.at;
  const incidents = await incidentsAt(history, subject, at);
  return {
    subject,
    ward,
    admittedAt: isoOf(admittedAt),
    commissioned: (await last('TwinCommissioned')) !== undefined,
    ...(lastHeardAt === undefined ? {} : { lastHeardAt: isoOf(lastHeardAt) }),
    openIncidents: incidents.filter(({ phase }) => phase !== 'closed' && phase !== 'recovered').length,
  };
}
