import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { callerIn } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import { idLine, sendEvents, type WriteEvent } from '../streams/sse.ts';
import type { StreamEvent, ToldEvent } from '../streams/stream-event.ts';
import { AfterQuery, startOf } from '../streams/stream-routes.ts';
import type { Api } from '../type-provider.ts';
import { createDescriptions } from './descriptions.ts';
import { DIRECTORY_EVENTS, type DirectoryEvent, describeDirectory } from './directory-description.ts';
import { TD_TYPE, thingUrn } from './td-security.ts';

const MOST_DESCRIPTIONS = 100;
const ORDINARY_PAGE = 20;

const tdOf = (description: string) => ({
  description,
  content: { [TD_TYPE]: { schema: Type.Unsafe<object>({ type: 'object' }) } },
});

export type OriginOf = (request: FastifyRequest) => string;

/** Where discovery begins. Anybody may ask: it says no more than that there is a directory. */
export function addWellKnown(app: Api, originOf: OriginOf): void {
  app.get(
    '/.well-known/wot',
    {
      schema: {
        operationId: 'discoverDirectory',
        summary: 'Thing Description of the directory (W3C WoT Discovery)',
        tags: ['wot'],
        security: [],
        response: { 200: tdOf('Thing Description') },
      },
    },
    async (request, reply) => sendJson(reply.type(TD_TYPE), describeDirectory(originOf(request))),
  );
}

/** The directory: descriptions of the things that the caller may see (W3C WoT Discovery, 7.3). */
export function addDirectoryRoutes(api: Api, context: RouteContext, originOf: OriginOf): void {
  const { feeds, live } = context;
  const descriptions = createDescriptions(context);

  api.get(
    '/things',
    {
      schema: {
        operationId: 'listDescriptions',
        summary: 'Thing Descriptions, page by page',
        tags: ['wot'],
        querystring: Type.Object(
          {
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_DESCRIPTIONS, default: ORDINARY_PAGE })),
            offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 })),
            format: Type.Optional(Type.Literal('array')),
          },
          { additionalProperties: false },
        ),
        response: {
          200: {
            description: 'Thing Descriptions',
            content: { 'application/ld+json': { schema: Type.Array(Type.Unsafe<object>({ type: 'object' })) } },
          },
        },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { limit = ORDINARY_PAGE, offset = 0 } = request.query;
      const ids = descriptions.list(caller);
      const page = ids.slice(offset, offset + limit);
      if (offset + limit < ids.length) {
        void reply.header('link', `</things?limit=${limit}&offset=${offset + limit}>; rel="next"`);
      }
      const found = page.flatMap((id) => descriptions.find(caller, id, originOf(request)) ?? []);
      return sendJson(reply.type('application/ld+json'), found);
    },
  );

  api.get(
    '/things/:id',
    {
      schema: {
        operationId: 'readDescription',
        summary: 'The Thing Description of a device or of a twin, as far as your rights go',
        tags: ['wot'],
        params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 120 }) }, { additionalProperties: false }),
        response: { 200: tdOf('Thing Description') },
      },
    },
    async (request, reply) => {
      const description = await descriptions.see(callerIn(request), request.params.id, originOf(request));
      return sendJson(reply.type(TD_TYPE), description);
    },
  );

  for (const name of [undefined, ...DIRECTORY_EVENTS]) {
    api.get(
      name === undefined ? '/events' : `/events/${name}`,
      {
        exposeHeadRoute: false,
        schema: {
          operationId: name === undefined ? 'streamDirectory' : `streamDirectory.${name}`,
          summary: 'Things that come, change and go, as server-sent events',
          tags: ['wot'],
          querystring: AfterQuery,
          response: {
            200: { description: 'Server-sent events', content: { 'text/event-stream': { schema: Type.String() } } },
          },
        },
      },
      async (request, reply) => {
        const wants = (event: StreamEvent): boolean => {
          const told = directoryEventOf(event);
          return told !== undefined && (name === undefined || told === name);
        };
        const wish = { wants, ...startOf(request, request.query.after, live.changes.next) };
        return sendEvents(feeds, request, reply, wish, writeDirectoryEvent);
      },
    );
  }
}

/** The framework's serialiser is for shapes that are known; a description has the shape of its model. */
const sendJson = <Reply extends { serializer(write: (value: unknown) => string): { send(value: unknown): Reply } }>(
  reply: Reply,
  value: unknown,
): Reply => reply.serializer(JSON.stringify).send(value);

const EVENT_OF_STATE: Readonly<Record<string, DirectoryEvent>> = {
  expected: 'thing_created',
  enrolled: 'thing_updated',
  revoked: 'thing_deleted',
};

const directoryEventOf = (event: StreamEvent | ToldEvent): DirectoryEvent | undefined =>
  event.type === 'connection' ? EVENT_OF_STATE[event.state] : undefined;

const writeDirectoryEvent: WriteEvent = (delivery) => {
  const { event } = delivery;
  const name = directoryEventOf(event);
  if (name === undefined || event.type !== 'connection') return undefined;
  return `event: ${name}\n${idLine(delivery)}data: ${JSON.stringify({ id: thingUrn(event.id) })}\n\n`;
};
