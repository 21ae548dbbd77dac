import Type from 'typebox';
import { toHex } from '#base/bytes';
import { SECOND } from '#base/time';
import { randomSecret } from '#crypto/secret';
import type { ThingValue } from '#model/thing/message';
import { lifeOf } from '#platform/command-life';
import type { ThingEntry } from '#platform/fleet/registry';
import { type Caller, callerIn } from '../caller.ts';
import { askCommand } from '../commands/ask-command.ts';
import { InputSchema } from '../commands/command-schema.ts';
import { entityTag, isUnchanged } from '../entity-tag.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { PROBLEM_RESPONSE } from '../problem-schema.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { idLine, sendEvents, type WriteEvent } from '../streams/sse.ts';
import type { PropertyEvent, StreamEvent } from '../streams/stream-event.ts';
import { startOf } from '../streams/stream-routes.ts';
import { ThingName } from '../things/thing-schema.ts';
import { AffordanceName, SubjectName, ValueSchema } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { ActionStatus, actionStatusOf } from './action-status.ts';
import { nextValue } from './next-value.ts';
import { TWIN_EVENTS } from './twin-description.ts';

const PropertyParams = Type.Object({ thing: ThingName, name: AffordanceName }, { additionalProperties: false });
const ActionParams = Type.Object({ thing: ThingName, action: AffordanceName }, { additionalProperties: false });
const QueryParams = Type.Object(
  { thing: ThingName, action: AffordanceName, id: Type.String({ pattern: '^c[0-9]{1,12}$' }) },
  { additionalProperties: false },
);
const EVENTS = { description: 'Server-sent events', content: { 'text/event-stream': { schema: Type.String() } } };

/** A long poll answers with the value that there is when nothing new comes. */
export const LONGEST_POLL = 25 * SECOND;

/** The forms of Thing Descriptions lead here: values as they are, without anything around them. */
export function addAffordanceRoutes(api: Api, context: RouteContext): void {
  const { live, gate, models, feeds } = context;

  const readable = async (caller: Caller, thing: string, name: string): Promise<ThingEntry> => {
    const entry = live.fleet.registry.things.get(thing);
    await gate.see(caller, 'readTwin', entry?.subject ?? thing);
    if (entry === undefined || models.get(entry.model)?.model.properties.has(name) !== true) throw notFound('property');
    return entry;
  };
  const reportedOf = ({ subject, role }: ThingEntry, name: string) => {
    const table = live.fleet.subject(subject)?.twin.reported[role];
    return table !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
  };
  const isOf =
    ({ subject, role }: ThingEntry, name: string) =>
    (event: StreamEvent): event is PropertyEvent =>
      event.type === 'property' && event.subject === subject && event.thing === role && event.name === name;

  api.get(
    '/things/:thing/properties/:name',
    {
      schema: {
        operationId: 'wotReadProperty',
        summary: 'The last value of a property, bare',
        tags: ['wot'],
        params: PropertyParams,
        response: { 200: ValueSchema, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const { thing, name } = request.params;
      const reported = reportedOf(await readable(callerIn(request), thing, name), name);
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
        response: { 200: EVENTS, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const { thing, name } = request.params;
      const entry = await readable(callerIn(request), thing, name);
      const start = startOf(request, undefined, live.changes.next);
      const now = start.after === undefined ? reportedOf(entry, name) : undefined;
      const greeting = now === undefined ? '' : `data: ${JSON.stringify(now.value)}\n\n`;
      const wish = { subjects: new Set([entry.subject]), wants: isOf(entry, name), ...start };
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
        response: { 200: ValueSchema, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const { thing, name } = request.params;
      const caller = callerIn(request);
      const entry = await readable(caller, thing, name);
      const wish = { subjects: new Set([entry.subject]), wants: isOf(entry, name) };
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

  api.post(
    '/things/:thing/actions/:action',
    {
      schema: {
        operationId: 'wotInvokeAction',
        summary: 'Ask a device for an action; the header `Idempotency-Key` is honoured',
        tags: ['wot'],
        params: ActionParams,
        body: Type.Optional(Type.Union([InputSchema, Type.Null()])),
        response: { 201: ActionStatus, default: PROBLEM_RESPONSE },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { thing, action } = request.params;
      const entry = live.fleet.registry.things.get(thing);
      const subject = entry?.subject ?? thing;
      // a client that cannot send the header asks anew each time
      const idempotencyKey = idempotencyKeyOf(request, caller) ?? toHex(randomSecret(16));
      const wish = { thing: entry?.role ?? thing, action, input: request.body ?? {} };
      const life = await askCommand(context, caller, { subject, wish, idempotencyKey });
      const href = `/wot/things/${thing}/actions/${action}/${life.id}`;
      return reply.code(201).header('location', href).send(actionStatusOf(life, href));
    },
  );

  api.get(
    '/things/:thing/actions/:action/:id',
    {
      schema: {
        operationId: 'wotQueryAction',
        summary: 'Where an action that was asked for stands',
        tags: ['wot'],
        params: QueryParams,
        response: { 200: ActionStatus, default: PROBLEM_RESPONSE },
      },
    },
    async (request) => {
      const { thing, action, id } = request.params;
      const entry = live.fleet.registry.things.get(thing);
      const { subject } = await gate.see(callerIn(request), 'readTwin', entry?.subject ?? thing);
      const life = lifeOf(live.fleet.subject(subject)?.commands ?? [], id);
      if (life === undefined || life.action !== action || life.thing !== entry?.role) throw notFound('action');
      return actionStatusOf(life, request.url);
    },
  );

  for (const name of TWIN_EVENTS) {
    api.get(
      `/twins/:subject/events/${name}`,
      {
        exposeHeadRoute: false,
        schema: {
          operationId: `wotSubscribe.${name}`,
          summary: `Events \`${name}\` of a twin, bare, as server-sent events`,
          tags: ['wot'],
          params: Type.Object({ subject: SubjectName }, { additionalProperties: false }),
          response: { 200: EVENTS, default: PROBLEM_RESPONSE },
        },
      },
      async (request, reply) => {
        const { subject } = await gate.see(callerIn(request), 'readTwin', request.params.subject);
        const wants = ({ type }: StreamEvent): boolean => type === name;
        const wish = { subjects: new Set([subject]), wants, ...startOf(request, undefined, live.changes.next) };
        return sendEvents(feeds, request, reply, wish, writeBareEvent);
      },
    );
  }

  api.get(
    '/models/:model',
    {
      schema: {
        operationId: 'readThingModel',
        summary: 'A Thing Model of the catalog (W3C WoT TM 1.1)',
        tags: ['wot'],
        params: Type.Object({ model: ThingName }, { additionalProperties: false }),
        response: {
          200: {
            description: 'Thing Model',
            content: { 'application/tm+json': { schema: Type.Unsafe<object>({ type: 'object' }) } },
          },
          default: PROBLEM_RESPONSE,
        },
      },
    },
    async (request, reply) => {
      const found = models.get(request.params.model);
      if (found === undefined) throw notFound('model');
      return reply.type('application/tm+json').serializer(JSON.stringify).send(found.document);
    },
  );
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

const writeBareEvent: WriteEvent = (delivery) => `${idLine(delivery)}data: ${JSON.stringify(delivery.event)}\n\n`;
