import Type, { type Static } from 'typebox';
import { isOpen } from '#assure/incident/incident';
import type { CborObject } from '#base/canonical';
import type { Found } from '#edge/live/history-reader';
import { callerIn } from '../caller.ts';
import { cursorAfter, idInCursor, nextLink, PageQuery } from '../cursor.ts';
import { jsonOfCbor } from '../history/json-of-cbor.ts';
import { InstantQuery, InstantSchema, instantOf, isoOf } from '../instant.ts';
import { PROBLEM_RESPONSE } from '../problem-schema.ts';
import type { RouteContext } from '../route-context.ts';
import { IncidentSchema, SubjectName } from '../twins/twin-schema.ts';
import { incidentView } from '../twins/twin-view.ts';
import type { Api } from '../type-provider.ts';
import { incidentsAt } from './past-incidents.ts';

const SubjectParams = Type.Object({ subject: SubjectName }, { additionalProperties: false });

const FindingSchema = Type.Object({
  position: Type.Integer(),
  at: InstantSchema,
  rule: Type.String(),
  thing: Type.String(),
  confidence: Type.String(),
  statement: Type.String(),
  values: Type.Record(Type.String(), Type.Unknown()),
});
type FindingView = Static<typeof FindingSchema>;

const ORDINARY_PAGE = 50;
/** Open incidents of all wards that are told at once. */
const MOST_INCIDENTS = 500;

/** What the monitor found, and what was declared of it. */
export function addIncidentRoutes(api: Api, { live, gate, heavy, clock }: RouteContext): void {
  api.get(
    '/incidents',
    {
      schema: {
        operationId: 'listIncidents',
        summary: `Open incidents of all that you may see, at most ${MOST_INCIDENTS}`,
        tags: ['incidents'],
        response: {
          200: Type.Object({
            incidents: Type.Array(
              Type.Object({ subject: Type.String(), ward: Type.String(), ...IncidentSchema.properties }),
            ),
          }),
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const open = [...live.fleet.registry.subjects.values()].flatMap(({ subject, ward }) => {
        const own = live.fleet.subject(subject)?.incident.incidents.filter(isOpen) ?? [];
        if (own.length === 0 || !gate.may(caller, 'readIncident', gate.twinOf(subject))) return [];
        return own.map((incident) => ({ subject, ward, ...incidentView(incident) }));
      });
      return { incidents: open.slice(0, MOST_INCIDENTS) };
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
        response: { 200: Type.Object({ incidents: Type.Array(IncidentSchema) }), default: PROBLEM_RESPONSE },
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
      return { incidents: await heavy.run(caller, () => incidentsAt(live.history, subject, at)) };
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
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request, reply) => {
      const { subject } = await gate.see(callerIn(request), 'readIncident', request.params.subject);
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
      return { findings: items.flatMap(findingView), ...(next === undefined ? {} : { next }) };
    },
  );
}

function findingView(found: Found): readonly FindingView[] {
  if (found.kind !== 'read') return [];
  const { rule, thing, confidence, statement, values } = found.record.body as CborObject;
  return [
    {
      position: found.position,
      at: isoOf(found.record.at),
      rule: String(rule),
      thing: String(thing),
      confidence: String(confidence),
      statement: String(statement),
      values: jsonOfCbor(values) as Record<string, unknown>,
    },
  ];
}
