import Type from 'typebox';
import { toHex } from '#base/bytes';
import { MINUTE } from '#base/time';
import { heldBy } from '#edge/access/access';
import { makeEnrolmentToken } from '#edge/pki/enrolment-token';
import { isThingId } from '#model/thing/thing-id';
import type { ThingEntry } from '#platform/fleet/registry';
import { callerIn } from '../caller.ts';
import { nextLink, PageQuery, pageOf } from '../cursor.ts';
import { entityTag, isUnchanged, NOT_MODIFIED, requireUnchanged } from '../entity-tag.ts';
import { isoOf } from '../instant.ts';
import { AT, AtQuery, registryAt } from '../instant-read.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { SubjectName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { ThingName, ThingOffered, ThingSchema, ThingWishSchema, thingView } from './thing-schema.ts';

const ThingParams = Type.Object({ thing: ThingName }, { additionalProperties: false });
const DAY_MIN = 24 * 60;

const tagOf = ({ status, since, connection, certificates, keyFingerprint }: ThingEntry): string =>
  entityTag(`${status}.${since}.${connection.since}.${certificates.at(-1)?.serial ?? ''}.${keyFingerprint ?? ''}`);

/** Devices: expected, enrolled, revoked. */
export function addThingRoutes(api: Api, context: RouteContext): void {
  addReading(api, context);
  addExpecting(api, context);
  addRevoking(api, context);
}

function addReading(api: Api, context: RouteContext): void {
  const { gate } = context;

  api.get(
    '/things',
    {
      schema: {
        operationId: 'listThings',
        summary: 'Devices that you may see; now or as it was',
        tags: ['things'],
        querystring: Type.Object(
          { ...PageQuery.properties, ...AT, subject: Type.Optional(SubjectName) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({ things: Type.Array(ThingSchema), next: Type.Optional(Type.String()) }),
        },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject, at, ...page } = request.query;
      const { things } = await registryAt(context, caller, at);
      const sorted = [...things.values()]
        .filter((entry) => subject === undefined || entry.subject === subject)
        .sort((a, b) => (a.thing < b.thing ? -1 : 1));
      const isSeen = (entry: ThingEntry): boolean => gate.may(caller, 'readThing', gate.thingOf(entry));
      const { items, next } = pageOf(sorted, ({ thing }) => thing, page, isThingId, isSeen);
      if (next !== undefined) void reply.header('link', nextLink(request.url, next));
      return { things: items.map(thingView), ...(next === undefined ? {} : { next }) };
    },
  );

  api.get(
    '/things/:thing',
    {
      schema: {
        operationId: 'readThing',
        summary: 'A device: what it is, whose, and its certificates; now or as it was',
        tags: ['things'],
        params: ThingParams,
        querystring: AtQuery,
        response: { 200: ThingSchema, 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { thing } = await gate.seeThing(caller, request.params.thing);
      const entry = (await registryAt(context, caller, request.query.at)).things.get(thing);
      if (entry === undefined) throw notFound('thing at that instant');
      return isUnchanged(request, reply, tagOf(entry)) ? reply.code(304).send() : thingView(entry);
    },
  );
}

function addExpecting(api: Api, { live, gate, clock }: RouteContext): void {
  api.post(
    '/things',
    {
      schema: {
        operationId: 'expectThing',
        summary: 'Expect a device: the answer holds the single-use token with which it enrols, this once',
        tags: ['things'],
        body: ThingWishSchema,
        response: { 201: ThingOffered },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { tokenLifetimeMin = DAY_MIN, spokenFor = false, speaksFor = [], via, ...named } = request.body;
      const wish = { ...named, speaksFor, ...(via === undefined ? {} : { via }) };
      const ward = live.fleet.registry.subjects.get(wish.subject)?.ward ?? '';
      const { thing, subject } = wish;
      const resource = { type: 'Thing', thing, subject, ward } as const;
      await gate.require(caller, 'enrolThing', resource);
      const made = spokenFor ? undefined : makeEnrolmentToken();
      const expiresAt = clock.now() + tokenLifetimeMin * MINUTE;
      const by = heldBy(caller.principal);
      const offer = made === undefined ? undefined : { digest: toHex(made.digest), expiresAt, by };
      await gate.carryOut(caller, 'enrolThing', resource, () => live.act((fleet) => fleet.expectThing(wish, offer)));
      const entry = live.fleet.registry.things.get(thing)!;
      void reply.code(201).header('location', `/api/v1/things/${thing}`);
      if (made === undefined) return { thing: thingView(entry) };
      return { thing: thingView(entry), enrolment: { token: made.token, expiresAt: isoOf(expiresAt) } };
    },
  );
}

function addRevoking(api: Api, { live, gate }: RouteContext): void {
  api.delete(
    '/things/:thing',
    {
      schema: {
        operationId: 'revokeThing',
        summary: 'Trust a device no longer: its certificates, its keys and its connection end at once',
        tags: ['things'],
        params: ThingParams,
        querystring: Type.Object(
          { reason: Type.String({ minLength: 1, maxLength: 200 }) },
          { additionalProperties: false },
        ),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { thing } = request.params;
      const resource = gate.thingNamed(thing) ?? ({ type: 'Thing', thing, subject: thing, ward: '' } as const);
      await gate.require(caller, 'revokeThing', resource);
      const entry = live.fleet.registry.things.get(thing);
      if (entry !== undefined) requireUnchanged(request, tagOf(entry));
      const { reason } = request.query;
      await gate.carryOut(caller, 'revokeThing', resource, () =>
        live.act((fleet) => fleet.revokeThing(thing, caller.principal.id, reason)),
      );
      return reply.code(204).send();
    },
  );
}
