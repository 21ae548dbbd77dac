import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { accessFault } from '../access-fault.ts';
import { purposeOfRequest } from '../request-credentials.ts';
import { type RouteDeps, requirePermit } from './route-deps.ts';
import { DONE, GlassAnswer, GlassBody, GlassListAnswer, IdParams, ReviewBody } from './schemas.ts';

const tags = ['break-glass'];

/** Emergency rights. */
export function addGlassRoutes(app: FastifyInstance, deps: RouteDeps): void {
  const { glass, wardOf } = deps;

  app.post<{ Body: Static<typeof GlassBody> }>(
    '/api/v1/break-glass',
    {
      schema: {
        summary: 'take rights over one patient for four hours; told at once, and reviewed by somebody else',
        tags,
        body: GlassBody,
        response: { 201: GlassAnswer },
      },
    },
    async (request, reply) => {
      const { subject, reason } = request.body;
      const ward = wardOf(subject);
      const purpose = purposeOfRequest(request.headers);
      const by = await requirePermit(deps, request, {
        action: 'breakGlass',
        resource: { type: 'Twin', subject, ward: ward ?? 'unknown' },
        ...(purpose === undefined ? {} : { purpose }),
      });
      if (ward === undefined) throw accessFault('access.unknown', `subject \`${subject}\`: is not mirrored here`);
      return reply.code(201).send(await glass.break(by, subject, reason));
    },
  );

  app.get(
    '/api/v1/break-glass',
    {
      schema: {
        summary: 'uses of emergency rights that last, or wait for a review',
        tags,
        response: { 200: GlassListAnswer },
      },
    },
    async (request) => {
      await requirePermit(deps, request, { action: 'reviewGlass', resource: { type: 'Platform' } });
      return { grants: glass.list() };
    },
  );

  app.post<{ Params: Static<typeof IdParams>; Body: Static<typeof ReviewBody> }>(
    '/api/v1/break-glass/:id/review',
    {
      schema: {
        summary: 'review a use of emergency rights; one that is not justified ends at once',
        tags,
        params: IdParams,
        body: ReviewBody,
        response: DONE,
      },
    },
    async (request, reply) => {
      const by = await requirePermit(deps, request, { action: 'reviewGlass', resource: { type: 'Platform' } });
      await glass.review(request.params.id, by, request.body.finding, request.body.comment);
      return reply.code(204).send();
    },
  );
}
