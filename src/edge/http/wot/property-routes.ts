import Type from 'typebox';
import { SECOND } from '#base/time';
import { STAMP_ERROR } from '#mirror/channel/device-time';
import type { ReportedProperty, Twin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';
import type { ThingEntry } from '#platform/fleet/registry';
import { type Caller, callerIn } from '../caller.ts';
import { entityTag, isUnchanged, NOT_MODIFIED } from '../entity-tag.ts';
import { AtQuery, readAt } from '../instant-read.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { idLine, sendEvents, type WriteEvent } from '../streams/sse.ts';
import type { PropertyEvent, StreamEvent } from '../streams/stream-event.ts';
import { EVENTS_RESPONSE, startOf } from '../streams/stream-routes.ts';
import { ThingName } from '../things/thing-schema.ts';
import { AffordanceName, ValueSchema } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { nextValue } from './next-value.ts';

const PropertyParams = Type.Object({ thing: ThingName, name: AffordanceName }, { additionalProperties: false });

/** A long poll answers with the value that there is when nothing new comes. */
const LONGEST_POLL = 25 * SECOND;

/** The forms of properties lead here: values as they are, without anything around them. */
export function addPropertyRoutes(api: Api, context: RouteContext): void {
  const { live, gate, models, feeds } = context;

  const readable = async (caller: Caller, thing: string, name: string): Promise<ThingEntry> => {
    const entry = live.fleet.registry.things.get(thing);
    await gate.see(caller, 'readTwin', entry?.subject ?? thing);
    if (entry === undefined || models.get(entry.model)?.model.properties.has(name) !== true) throw notFound('property');
    return entry;
  };
  const reportedOf = (entry: ThingEntry, name: string) => valueIn(live.fleet.subject(entry.subject)?.twin, entry, name);
  const isNewestOf =
    (entry: ThingEntry, name: string) =>
    (event: StreamEvent): event is PropertyEvent =>
      event.type === 'property' &&
      event.subject === entry.subject &&
      event.thing === entry.role &&
      event.name === name &&
      becameNewest(event, reportedOf(entry, name));

  api.get(
    '/things/:thing/properties/:name',
    {
      schema: {
        operationId: 'wotReadProperty',
        summary: 'The last value of a property, bare; now or as it was',
        tags: ['wot'],
        params: PropertyParams,
        querystring: AtQuery,
        response: { 200: ValueSchema, 304: NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const { thing, name } = request.params;
      const { at } = request.query;
      const caller = callerIn(request);
      const entry = await readable(caller, thing, name);
      const reported = await readAt(
        context,
        caller,
        at,
        () => reportedOf(entry, name),
        async (then) => valueIn(await live.history.twinAt(entry.subject, then), entry, name),
      );
      if (reported === undefined) throw notFound('value');
      if (isUnchanged(request, reply, entityTag(reported.receivedAt))) return reply.code(304).send();
      return sendValue(reply, reported.value);
    },
  );

  api.get(
    '/things/:thing/properties/:name/observe',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'wotObserveProperty',
        summary: 'Values of a property as server-sent events: the one that there is, then each new one',
        tags: ['wot'],
        params: PropertyParams,
        response: { 200: EVENTS_RESPONSE },
      },
    },
    async (request, reply) => {
      const { thing, name } = request.params;
      const entry = await readable(callerIn(request), thing, name);
      const start = startOf(request, undefined, live.changes.next);
      const now = start.after === undefined ? reportedOf(entry, name) : undefined;
      const greeting = now === undefined ? '' : `data: ${JSON.stringify(now.value)}\n\n`;
      const wish = { subjects: new Set([entry.subject]), wants: isNewestOf(entry, name), ...start };
      return sendEvents(feeds, request, reply, wish, writeBareValue, greeting);
    },
  );

  api.get(
    '/things/:thing/properties/:name/next',
    {
      // a client that asks for the headers first must not wait for a value
      exposeHeadRoute: false,
      schema: {
        operationId: 'wotAwaitProperty',
        summary: 'The next value of a property, once there is one (long poll)',
        tags: ['wot'],
        params: PropertyParams,
        response: { 200: ValueSchema },
      },
    },
    async (request, reply) => {
      const { thing, name } = request.params;
      const caller = callerIn(request);
      const entry = await readable(caller, thing, name);
      const wish = { subjects: new Set([entry.subject]), wants: isNewestOf(entry, name) };
      const value = await nextValue(feeds, caller, wish, reply.raw, LONGEST_POLL);
      const told = value ?? reportedOf(entry, name)?.value;
      if (told === undefined) throw notFound('value');
      return sendValue(reply, told);
    },
  );
  api.head(
    '/things/:thing/properties/:name/next',
    { schema: { hide: true, params: PropertyParams } },
    async (request, reply) => {
      await readable(callerIn(request), request.params.thing, request.params.name);
      return reply.type('application/json').send();
    },
  );
}

/** Clients take a bare value for the present one: none is told that was held back on its way. `known` is the newest by now. */
function becameNewest({ at, measuredAt }: PropertyEvent, known: ReportedProperty | undefined): boolean {
  if (known === undefined) return false;
  const receivedAt = Date.parse(at);
  if (receivedAt !== known.receivedAt) return receivedAt < known.receivedAt;
  return Date.parse(measuredAt) >= known.at - STAMP_ERROR;
}

function valueIn(twin: Twin | undefined, { role }: ThingEntry, name: string): ReportedProperty | undefined {
  const table = twin?.reported[role];
  return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

const sendValue = <
  Reply extends {
    type(type: string): Reply;
    serializer(write: (value: unknown) => string): Reply;
    send(value: unknown): Reply;
  },
>(
  reply: Reply,
  value: ThingValue,
): Reply => reply.type('application/json').serializer(JSON.stringify).send(value);

/** Without a name: clients of WoT listen to what has none. */
const writeBareValue: WriteEvent = (delivery) =>
  delivery.event.type === 'property'
    ? `${idLine(delivery)}data: ${JSON.stringify(delivery.event.value)}\n\n`
    : undefined;
