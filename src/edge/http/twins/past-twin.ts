import type { Millis } from '#base/time';
import { createTwin, type Twin } from '#mirror/twin/twin';
import type { SubjectEntry } from '#platform/fleet/registry';
import type { Caller } from '../caller.ts';
import { incidentsAt } from '../incidents/past-incidents.ts';
import { instantOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { IncidentView } from './twin-schema.ts';
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
  const { live, heavy, clock } = context;
  const at = Math.min(instantOf(stated, 'at'), clock.now());
  const { subject } = entry;
  return heavy.run(caller, async () => {
    const twin = await live.history.twinAt(subject, at);
    if (twin === undefined) throw notFound('twin at that instant');
    const incidents = await incidentsAt(live.history, subject, at);
    return { twin, at, isPast: true, incidents: incidents.filter(({ phase }) => phase !== 'closed') };
  });
}
