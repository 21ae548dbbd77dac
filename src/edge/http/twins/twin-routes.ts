import { setImmediate } from 'node:timers/promises';
import Type from 'typebox';
import type { Registry, SubjectEntry } from '#platform/fleet/registry';
import { type Caller, callerIn } from '../caller.ts';
import { nextLink, PageQuery, pageOf } from '../cursor.ts';
import { entityTag, isUnchanged, NOT_MODIFIED } from '../entity-tag.ts';
import { AT, AtQuery, readAt, registryAt } from '../instant-read.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { Api } from '../type-provider.ts';
import { summaryThen, twinThen } from './past-twin.ts';
import { AffordanceName, ReportedSchema, RoleName, SubjectName, TwinSummary, TwinView } from './twin-schema.ts';
import { modelOf, reportedView, summaryOf, viewOfTwin } from './twin-view.ts';

const TwinParams = Type.Object({ subject: SubjectName }, { additionalProperties: false });
const PropertyParams = Type.Object(
  { subject: SubjectName, role: RoleName, name: AffordanceName },
  { additionalProperties: false },
);
const WardList = Type.Object({
  wards: Type.Array(Type.Object({ ward: Type.String(), twins: Type.Integer() })),
});
const TwinList = Type.Object({ twins: Type.Array(TwinSummary), next: Type.Optional(Type.String()) });

const isSubject = (id: string): boolean => /^[a-z0-9-]{1,64}$/.test(id);

/** Twins as they are, and as they were. */
export function addTwinRoutes(api: Api, context: RouteContext): void {
  const { live, gate, models, revisions } = context;

  /** INVARIANT: whoever was forgotten is in no list, of the past either. */
  const mirrored = ({ subjects }: Registry, ward?: string): readonly SubjectEntry[] =>
    [...subjects.values()]
      .filter((entry) => (ward === undefined || entry.ward === ward) && live.fleet.subject(entry.subject) !== undefined)
      .sort((a, b) => (a.subject < b.subject ? -1 : 1));
  const isSeen = (caller: Caller, { subject }: SubjectEntry): boolean =>
    gate.may(caller, 'readTwin', gate.twinOf(subject));

  api.get(
    '/wards',
    {
      schema: {
        operationId: 'listWards',
        summary: 'Wards in which there are twins that you may read; now or as it was',
        tags: ['twins'],
        querystring: AtQuery,
        response: { 200: WardList },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const counts = new Map<string, number>();
      for (const [index, entry] of mirrored(await registryAt(context, caller, request.query.at)).entries()) {
        // others get their turn: of thousands of twins each is a question
        if (index % 100 === 99) await setImmediate();
        if (isSeen(caller, entry)) counts.set(entry.ward, (counts.get(entry.ward) ?? 0) + 1);
      }
      return { wards: [...counts].sort().map(([ward, twins]) => ({ ward, twins })) };
    },
  );

  api.get(
    '/twins',
    {
      schema: {
        operationId: 'listTwins',
        summary: 'Twins that you may read; now or as they were',
        tags: ['twins'],
        querystring: Type.Object(
          { ...PageQuery.properties, ...AT, ward: Type.Optional(SubjectName) },
          { additionalProperties: false },
        ),
        response: { 200: TwinList },
      },
    },
    async (request, reply) => {
      const { ward, at: stated, ...page } = request.query;
      const caller = callerIn(request);
      const idOf = ({ subject }: SubjectEntry) => subject;
      const registry = await registryAt(context, caller, stated);
      const { items, next } = pageOf(mirrored(registry, ward), idOf, page, isSubject, (entry) => isSeen(caller, entry));
      if (next !== undefined) void reply.header('link', nextLink(request.url, next));
      const twins = await readAt<TwinSummary[]>(
        context,
        caller,
        stated,
        () => items.map((entry) => summaryOf(entry, live.fleet.subject(entry.subject))),
        (at) => Promise.all(items.map((entry) => summaryThen(live.history, entry, at))),
      );
      return { twins, ...(next === undefined ? {} : { next }) };
    },
  );

  api.get(
    '/twins/:subject',
    {
      schema: {
        operationId: 'readTwin',
        summary: 'Reported, desired and predicted state, how far they part, and what is the matter; now or as it was',
        tags: ['twins'],
        params: TwinParams,
        querystring: AtQuery,
        response: { 200: TwinView, 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const entry = await gate.see(caller, 'readTwin', request.params.subject);
      const { at: stated } = request.query;
      if (stated === undefined && isUnchanged(request, reply, entityTag(revisions.of(entry.subject)))) {
        return reply.code(304).send();
      }
      const { twin, at, incidents } = await twinThen(context, caller, entry, stated);
      const registry = await registryAt(context, caller, stated);
      const seen = gate.may(caller, 'readIncident', gate.twinOf(entry.subject)) ? incidents : [];
      return viewOfTwin(entry, twin, at, registry, models, seen);
    },
  );

  api.get(
    '/twins/:subject/things/:role/properties/:name',
    {
      schema: {
        operationId: 'readProperty',
        summary: 'The last value that a device reported of a property; now or as it was',
        tags: ['twins'],
        params: PropertyParams,
        querystring: AtQuery,
        response: { 200: ReportedSchema, 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject, role, name } = request.params;
      const entry = await gate.see(caller, 'readTwin', subject);
      const { at: stated } = request.query;
      const { twin } = await twinThen(context, caller, entry, stated);
      const table = Object.hasOwn(twin.reported, role) ? twin.reported[role] : undefined;
      const reported = table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
      if (reported === undefined) throw notFound('property');
      if (stated === undefined && isUnchanged(request, reply, entityTag(reported.receivedAt))) {
        return reply.code(304).send();
      }
      const model = modelOf(live.fleet.registry.thingsOf(subject), role, models);
      return reportedView(reported, model?.properties.get(name)?.unit);
    },
  );
}
