import Type from 'typebox';
import { callerIn } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import { notFound } from '../send-problem.ts';
import { idLine, sendEvents, type WriteEvent } from '../streams/sse.ts';
import type { StreamEvent } from '../streams/stream-event.ts';
import { EVENTS_RESPONSE, startOf } from '../streams/stream-routes.ts';
import { ThingName } from '../things/thing-schema.ts';
import { SubjectName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { TWIN_EVENTS } from './twin-description.ts';

/** The forms of a twin's events lead here, and links to Thing Models. */
export function addEventRoutes(api: Api, { live, gate, models, feeds }: RouteContext): void {
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
          response: { 200: EVENTS_RESPONSE },
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

const writeBareEvent: WriteEvent = (delivery) => `${idLine(delivery)}data: ${JSON.stringify(delivery.event)}\n\n`;
