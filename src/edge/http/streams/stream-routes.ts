import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Fault } from '#base/fault';
import type { Position } from '#mirror/history/record';
import { callerIn } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import { SubjectName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';
import { sendEvents } from './sse.ts';

export const MOST_SUBJECTS_OF_A_STREAM = 64;

export const AfterQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'What happened after this position comes first',
      }),
    ),
  },
  { additionalProperties: false },
);

/** How a stream is described. */
export const EVENTS_RESPONSE = {
  description: 'Server-sent events',
  content: { 'text/event-stream': { schema: Type.String() } },
};

/** Live events about twins, as server-sent events. Asking for the headers alone (HEAD) would wait for an end that never comes. */
export function addStreamRoutes(api: Api, { gate, feeds, live }: RouteContext): void {
  api.get(
    '/twins/:subject/stream',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamTwin',
        summary: 'What happens to a twin, as it does, or from a position on (`after`, or the header `Last-Event-ID`)',
        tags: ['streams'],
        params: Type.Object({ subject: SubjectName }, { additionalProperties: false }),
        querystring: AfterQuery,
        response: { 200: EVENTS_RESPONSE },
      },
    },
    async (request, reply) => {
      const { subject } = await gate.see(callerIn(request), 'readTwin', request.params.subject);
      return sendEvents(feeds, request, reply, {
        subjects: new Set([subject]),
        ...startOf(request, request.query.after, live.changes.next),
      });
    },
  );

  api.get(
    '/stream',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamTwins',
        summary: 'What happens to the twins that you may read, or to some of them',
        tags: ['streams'],
        querystring: Type.Object(
          {
            ...AfterQuery.properties,
            subjects: Type.Optional(
              Type.String({
                pattern: '^[a-z0-9-]{1,64}(,[a-z0-9-]{1,64}){0,63}$',
                description: `At most ${MOST_SUBJECTS_OF_A_STREAM}, separated by commas`,
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: EVENTS_RESPONSE },
      },
    },
    async (request, reply) => {
      const { subjects, after } = request.query;
      return sendEvents(feeds, request, reply, {
        ...(subjects === undefined ? {} : { subjects: new Set(subjects.split(',')) }),
        ...startOf(request, after, live.changes.next),
      });
    },
  );
}

/** Where the events begin: what the browser says it had last goes before what the address says, which stays the same. */
export function startOf(request: FastifyRequest, after: Position | undefined, next: Position): { after?: Position } {
  const header = request.headers['last-event-id'];
  const last = typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : after;
  if (last === undefined) return {};
  if (last >= next) throw new Fault('http.bad-cursor', `after: history ends before \`${last}\`; begin without one`);
  return { after: last };
}
