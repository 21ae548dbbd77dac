import Type, { type Static } from 'typebox';
import { isOpen } from '#assure/incident/incident';
import type { Insight } from '#base/explanation';
import type { Millis } from '#base/time';
import type { Found } from '#edge/live/history-reader';
import { findingOf } from '#platform/records';
import { type Caller, callerIn } from '../caller.ts';
import { cursorAfter, idInCursor, nextLink, PageQuery, pageOf } from '../cursor.ts';
import { InstantQuery, InstantSchema, instantOf, isoOf } from '../instant.ts';
import { AT, readAt } from '../instant-read.ts';
import type { RouteContext } from '../route-context.ts';
import { ToldExplanation, toldOf } from '../told-explanation.ts';
import { IncidentSchema, SubjectName } from '../twins/twin-schema.ts';
import { incidentView } from '../twins/twin-view.ts';
import type { Api } from '../type-provider.ts';
import { allIncidentsAt, incidentsAt, pastIncidentView } from './past-incidents.ts';

const SubjectParams = Type.Object({ subject: SubjectName }, { additionalProperties: false });

const FindingSchema = Type.Object({
  position: Type.Integer(),
  at: InstantSchema,
  rule: Type.String(),
  thing: Type.String(),
  confidence: Type.String(),
  what: Type.Optional(Type.String({ description: 'Which of the findings of its rule' })),
  ...ToldExplanation,
});
type FindingView = Static<typeof FindingSchema>;

const ORDINARY_PAGE = 50;

const OpenIncident = Type.Object({ subject: Type.String(), ward: Type.String(), ...IncidentSchema.properties });
type OpenIncidentView = Static<typeof OpenIncident>;
const OPEN_INCIDENT_ID = /^[a-z0-9-]{1,64} [A-Za-z0-9_-]{1,64}$/;
const idOf = ({ subject, id }: OpenIncidentView): string => `${subject} ${id}`;

/** What the monitor found, and what was declared of it. */
export function addIncidentRoutes(api: Api, context: RouteContext): void {
  const { live, gate, heavy, clock } = context;
  const openNow = (): readonly OpenIncidentView[] =>
    [...live.fleet.registry.subjects.values()].flatMap(({ subject, ward }) =>
      (live.fleet.subject(subject)?.incident.incidents ?? [])
        .filter(isOpen)
        .map((incident) => ({ subject, ward, ...incidentView(incident) })),
    );
  const openThen = async (caller: Caller, at: Millis): Promise<readonly OpenIncidentView[]> =>
    [...(await allIncidentsAt(live.history, at))].flatMap(([subject, incidents]) => {
      const ward = live.fleet.registry.subjects.get(subject)?.ward;
      const open = incidents.filter(({ phase }) => phase !== 'closed' && phase !== 'recovered');
      return ward === undefined
        ? []
        : open.map((incident) => ({ subject, ward, ...pastIncidentView(incident, gate.insight(caller, subject)) }));
    });

  api.get(
    '/incidents',
    {
      schema: {
        operationId: 'listIncidents',
        summary: 'Open incidents of all that you may see; now or as it was',
        tags: ['incidents'],
        querystring: Type.Object({ ...PageQuery.properties, ...AT }, { additionalProperties: false }),
        response: {
          200: Type.Object({ incidents: Type.Array(OpenIncident), next: Type.Optional(Type.String()) }),
        },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { at: stated, ...page } = request.query;
      const open = await readAt(context, caller, stated, openNow, (at) => openThen(caller, at));
      const isSeen = ({ subject }: OpenIncidentView) => gate.may(caller, 'readIncident', gate.twinOf(subject));
      const sorted = open.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
      const { items, next } = pageOf(sorted, idOf, page, (id) => OPEN_INCIDENT_ID.test(id), isSeen);
      if (next !== undefined) void reply.header('link', nextLink(request.url, next));
      return { incidents: [...items], ...(next === undefined ? {} : { next }) };
    },
  );

  api.get(
    '/twins/:subject/incidents',
    {
      schema: {
        operationId: 'listIncidentsOfTwin',
        summary: 'Incidents about a subject, those recovered and closed as well, oldest first; now or as it was',
        tags: ['incidents'],
        params: SubjectParams,
        querystring: Type.Object({ at: Type.Optional(InstantQuery) }, { additionalProperties: false }),
        response: { 200: Type.Object({ incidents: Type.Array(IncidentSchema) }) },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'readIncident', request.params.subject);
      const { at: stated } = request.query;
      if (stated === undefined) {
        return { incidents: (live.fleet.subject(subject)?.incident.incidents ?? []).map(incidentView) };
      }
      const at = Math.min(instantOf(stated, 'at'), clock.now());
      const incidents = await heavy.run(caller, () => incidentsAt(live.history, subject, at));
      return { incidents: incidents.map((incident) => pastIncidentView(incident, gate.insight(caller, subject))) };
    },
  );

  api.get(
    '/twins/:subject/findings',
    {
      schema: {
        operationId: 'listFindings',
        summary: 'What the monitor found about a subject, newest first',
        tags: ['incidents'],
        params: SubjectParams,
        querystring: Type.Object(
          { ...PageQuery.properties, from: Type.Optional(InstantQuery), to: Type.Optional(InstantQuery) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({ findings: Type.Array(FindingSchema), next: Type.Optional(Type.String()) }),
        },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'readIncident', request.params.subject);
      const { limit = ORDINARY_PAGE, cursor, from, to } = request.query;
      const found = await live.history.find({
        subject,
        kinds: ['FindingRaised'],
        limit: limit + 1,
        descending: true,
        ...(cursor === undefined ? {} : { before: Number(idInCursor(cursor, (id) => /^\d{1,15}$/.test(id))) }),
        ...(from === undefined ? {} : { from: instantOf(from, 'from') }),
        ...(to === undefined ? {} : { to: instantOf(to, 'to') }),
      });
      const items = found.slice(0, limit);
      const next = found.length > limit ? cursorAfter(String(items.at(-1)!.position)) : undefined;
      if (next !== undefined) void reply.header('link', nextLink(request.url, next));
      const insight = gate.insight(caller, subject);
      return { findings: items.flatMap((one) => findingView(one, insight)), ...(next === undefined ? {} : { next }) };
    },
  );
}

function findingView(found: Found, insight: Insight): readonly FindingView[] {
  if (found.kind !== 'read') return [];
  const finding = findingOf(found.record);
  const { rule, thing, confidence, what } = finding;
  const place = { position: found.position, at: isoOf(finding.at) };
  return [{ ...place, rule, thing, confidence, ...(what === undefined ? {} : { what }), ...toldOf(finding, insight) }];
}
