import Type from 'typebox';
import { isThingId, type ThingId } from '#model/thing/thing-id';
import type { ThingEntry } from '#platform/fleet/registry';
import { type Caller, callerIn } from '../caller.ts';
import { pageOf } from '../cursor.ts';
import { AT, AtQuery, registryAt } from '../instant-read.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import type { Api } from '../type-provider.ts';
import type { OriginOf } from '../wot/directory-routes.ts';
import { searchset } from './bundle.ts';
import { deviceMetricOf, deviceOf, metricId } from './device.ts';
import { FHIR_PREFIX, type FhirResource } from './fhir-base.ts';
import { CountQuery, IdQuery, nextUrl, ReferenceQuery, referenced } from './search-query.ts';
import { FHIR_RESPONSE, sendResource } from './send-resource.ts';

const IdParams = Type.Object(
  { id: Type.String({ pattern: '^[A-Za-z0-9.-]{1,64}$' }) },
  { additionalProperties: false },
);

/** `Device` and `DeviceMetric`: what is there, and what it measures; now, or with `at` as it was. */
export function addDeviceRoutes(api: Api, context: RouteContext, originOf: OriginOf): void {
  const { live, gate, models } = context;
  /** A device that the caller may see, as it was then. */
  const entryAt = async (caller: Caller, thing: ThingId, stated: string | undefined): Promise<ThingEntry> => {
    await gate.seeThing(caller, thing);
    const entry = (await registryAt(context, caller, stated)).things.get(thing);
    if (entry === undefined || !models.has(entry.model)) throw notFound('Device');
    return entry;
  };
  const seen = async (caller: Caller, stated: string | undefined): Promise<readonly ThingEntry[]> =>
    [...(await registryAt(context, caller, stated)).things.values()]
      .sort((a, b) => (a.thing < b.thing ? -1 : 1))
      .filter((entry) => models.has(entry.model) && gate.may(caller, 'readThing', gate.thingOf(entry)));
  const resourceOf = (entry: ThingEntry): FhirResource => deviceOf(entry, models.get(entry.model)!.model);
  const metricsOf = (entry: ThingEntry): readonly FhirResource[] => {
    const { model } = models.get(entry.model)!;
    return [...model.properties.values()].map((property) => deviceMetricOf(entry, model, property));
  };

  api.get(
    '/Device/:id',
    {
      schema: {
        operationId: 'fhirReadDevice',
        summary: 'A device; now or as it was',
        tags: ['fhir'],
        params: IdParams,
        querystring: AtQuery,
        response: FHIR_RESPONSE,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!isThingId(id)) throw notFound('Device');
      return sendResource(reply, resourceOf(await entryAt(callerIn(request), id, request.query.at)));
    },
  );

  api.get(
    '/Device',
    {
      schema: {
        operationId: 'fhirSearchDevice',
        summary: 'Devices that you may see; now or as it was',
        tags: ['fhir'],
        querystring: Type.Object(
          {
            ...CountQuery,
            ...IdQuery,
            ...AT,
            patient: Type.Optional(ReferenceQuery),
            subject: Type.Optional(ReferenceQuery),
          },
          { additionalProperties: false },
        ),
        response: FHIR_RESPONSE,
      },
    },
    async (request, reply) => {
      const { _id, at, patient, subject = patient, _count: limit = 50, _cursor: cursor } = request.query;
      const owner = subject === undefined ? undefined : referenced(subject, 'Patient');
      const found = (await seen(callerIn(request), at)).filter(
        (entry) => (_id === undefined || entry.thing === _id) && (owner === undefined || entry.subject === owner),
      );
      const paging = { limit, ...(cursor === undefined ? {} : { cursor }) };
      const { items, next } = pageOf(found, ({ thing }) => thing, paging, isThingId);
      const base = `${originOf(request)}${FHIR_PREFIX}`;
      const links = { self: `${originOf(request)}${request.url}`, ...nextUrl(originOf(request), request.url, next) };
      return sendResource(reply, searchset(base, items.map(resourceOf), links, found.length));
    },
  );

  api.get(
    '/DeviceMetric/:id',
    {
      schema: {
        operationId: 'fhirReadDeviceMetric',
        summary: 'Something that a device measures; now or as it was',
        tags: ['fhir'],
        params: IdParams,
        querystring: AtQuery,
        response: FHIR_RESPONSE,
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const found = live.fleet.registry.things.values().find(({ thing, model }) => {
        const names = models.get(model)?.model.properties.keys();
        return names?.some((name) => metricId(thing, name) === id) === true;
      });
      if (found === undefined) throw notFound('DeviceMetric');
      const entry = await entryAt(callerIn(request), found.thing, request.query.at);
      const metric = metricsOf(entry).find((one) => one['id'] === id);
      if (metric === undefined) throw notFound('DeviceMetric');
      return sendResource(reply, metric);
    },
  );

  api.get(
    '/DeviceMetric',
    {
      schema: {
        operationId: 'fhirSearchDeviceMetric',
        summary: 'What devices measure; now or as it was',
        tags: ['fhir'],
        querystring: Type.Object(
          { ...CountQuery, ...IdQuery, ...AT, source: Type.Optional(ReferenceQuery) },
          { additionalProperties: false },
        ),
        response: FHIR_RESPONSE,
      },
    },
    async (request, reply) => {
      const { _id, at, source, _count: limit = 50, _cursor: cursor } = request.query;
      const device = source === undefined ? undefined : referenced(source, 'Device');
      const found = (await seen(callerIn(request), at))
        .filter(({ thing }) => device === undefined || thing === device)
        .flatMap(metricsOf)
        .filter(({ id }) => _id === undefined || id === _id)
        .sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
      const paging = { limit, ...(cursor === undefined ? {} : { cursor }) };
      const { items, next } = pageOf(
        found,
        ({ id }) => String(id),
        paging,
        (id) => id.length <= 64,
      );
      const base = `${originOf(request)}${FHIR_PREFIX}`;
      const links = { self: `${originOf(request)}${request.url}`, ...nextUrl(originOf(request), request.url, next) };
      return sendResource(reply, searchset(base, items, links, found.length));
    },
  );
}
