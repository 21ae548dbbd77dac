import Type from 'typebox';
import type { ForkPool } from '#edge/fork/fork-pool';
import { callerIn } from '../caller.ts';
import { InstantQuery, InstantSchema, instantOf, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';
import { messagesOfPeriod } from './messages-of-period.ts';
import { SubjectName } from './twin-schema.ts';

/** Puts a twin into service. */
export function addCommissionRoutes(api: Api, { live, gate, heavy }: RouteContext, pool: ForkPool): void {
  api.post(
    '/twins/:subject/commission',
    {
      schema: {
        operationId: 'commissionTwin',
        summary:
          'Identify a model from a period in which nothing was the matter, and put the twin into service with it',
        tags: ['twins'],
        params: Type.Object({ subject: SubjectName }, { additionalProperties: false }),
        body: Type.Object({ from: InstantQuery, to: InstantQuery }, { additionalProperties: false }),
        response: {
          200: Type.Object({
            from: InstantSchema,
            to: InstantSchema,
            readings: Type.Integer(),
            identifiedFrom: Type.String({ description: 'SHA-256 of what it was identified from' }),
            calibratedToMin: Type.Number(),
          }),
        },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { subject } = await gate.act(caller, 'commissionTwin', request.params.subject);
      const from = instantOf(request.body.from, 'from');
      const to = instantOf(request.body.to, 'to');
      const model = await heavy.run(caller, async () =>
        pool.commission(await messagesOfPeriod(live.history, subject, from, to)),
      );
      await gate.carryOut(caller, 'commissionTwin', gate.twinOf(subject), () =>
        live.act((fleet) => fleet.commission(subject, model, caller.principal.id)),
      );
      const { period, readings, identifiedFrom, bands } = model;
      const calibratedToMin = bands?.horizonsMin.at(-1) ?? 0;
      return { from: isoOf(period.from), to: isoOf(period.to), readings, identifiedFrom, calibratedToMin };
    },
  );
}
