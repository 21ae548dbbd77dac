import Type from 'typebox';
import { Fault } from '#base/fault';
import { DAY, type Millis } from '#base/time';
import type { ForkPool } from '#edge/fork/fork-pool';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { callerIn } from '../caller.ts';
import { InstantQuery, InstantSchema, instantOf, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';
import { SubjectName } from './twin-schema.ts';

const LONGEST_PERIOD: Millis = 31 * DAY;
/** Of a month with a report every quarter of a minute. */
const MOST_MESSAGES = 200_000;

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
      if (!(from < to && to - from <= LONGEST_PERIOD)) {
        throw new Fault('series.bad-period', 'commission: state a period of at most 31 days, the earlier end first');
      }
      const model = await heavy.run(caller, async () => {
        const messages: DeviceMessage[] = [];
        for await (const message of live.history.messages(subject, from, to)) {
          messages.push(message);
          if (messages.length > MOST_MESSAGES) {
            throw new Fault(
              'commission.too-many-messages',
              `commission: more than ${MOST_MESSAGES} messages; state less`,
            );
          }
        }
        return await pool.commission(messages);
      });
      await live.act((fleet) => fleet.commission(subject, model, caller.principal.id));
      const { period, readings, identifiedFrom, bands } = model;
      const calibratedToMin = bands?.horizonsMin.at(-1) ?? 0;
      return { from: isoOf(period.from), to: isoOf(period.to), readings, identifiedFrom, calibratedToMin };
    },
  );
}
