import Type from 'typebox';
import { callerIn } from '../caller.ts';
import type { RouteContext } from '../route-context.ts';
import { SubjectName } from '../twins/twin-schema.ts';
import type { Api } from '../type-provider.ts';

/** Whom there are twins of. */
export function addSubjectRoutes(api: Api, { live, gate }: RouteContext): void {
  api.post(
    '/subjects',
    {
      schema: {
        operationId: 'admitSubject',
        summary: 'Give a subject, by a pseudonym, a ward to be mirrored in',
        tags: ['things'],
        body: Type.Object({ subject: SubjectName, ward: SubjectName }, { additionalProperties: false }),
        response: { 201: Type.Object({ subject: Type.String(), ward: Type.String() }) },
      },
    },
    async (request, reply) => {
      const caller = callerIn(request);
      const { subject, ward } = request.body;
      const where = { type: 'Ward', ward } as const;
      await gate.require(caller, 'admitSubject', where);
      await gate.carryOut(caller, 'admitSubject', where, () => live.act((fleet) => fleet.admitSubject(subject, ward)));
      return reply.code(201).header('location', `/api/v1/twins/${subject}`).send({ subject, ward });
    },
  );
}
