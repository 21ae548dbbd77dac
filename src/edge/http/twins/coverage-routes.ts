import Type from 'typebox';
import { Fault } from '#base/fault';
import { DAY, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import type { ForkPool } from '#edge/fork/fork-pool';
import { callerIn } from '../caller.ts';
import { InstantQuery, InstantSchema, instantOf, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';
import { messagesOfPeriod } from './messages-of-period.ts';
import { SubjectName } from './twin-schema.ts';

const HORIZONS_MIN: readonly Minutes[] = [30, 60, 120, 240];
const ORDINARY_PERIOD: Millis = 7 * DAY;

const Coverage = Type.Object({
  horizonMin: Type.Number(),
  readings: Type.Integer({ description: 'Held against what was forecast of them that long before' }),
  inside: Type.Integer(),
  below: Type.Integer(),
  above: Type.Integer(),
});

/** Whether the 90 % band has held 90 % for this person. */
export function addCoverageRoutes(api: Api, { live, gate, heavy, clock }: RouteContext, pool: ForkPool): void {
  api.get(
    '/twins/:subject/forecast/coverage',
    {
      schema: {
        operationId: 'judgeForecast',
        summary: 'How many readings of a period fell within the 90 % band that was forecast for them',
        tags: ['twins'],
        params: Type.Object({ subject: SubjectName }, { additionalProperties: false }),
        querystring: Type.Object(
          { from: Type.Optional(InstantQuery), to: Type.Optional(InstantQuery) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            subject: Type.String(),
            from: InstantSchema,
            to: InstantSchema,
            heldOut: Type.Boolean({ description: 'Whether the model was identified from none of these days' }),
            coverage: Type.Array(Coverage),
          }),
        },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { subject } = await gate.see(caller, 'readTwin', request.params.subject);
      const model = live.fleet.subject(subject)?.twin.commissioned;
      if (model === undefined) throw new Fault('http.not-predicting', 'forecast: the twin is not commissioned yet');
      const { from: first, to: last } = request.query;
      const to = last === undefined ? clock.now() + 1 : instantOf(last, 'to');
      const identifiedTo = model.period.to;
      const from = first === undefined ? Math.max(identifiedTo + 1, to - ORDINARY_PERIOD) : instantOf(first, 'from');
      const coverage = await heavy.run(caller, async () =>
        pool.judge({
          messages: await messagesOfPeriod(live.history, subject, from, to),
          model,
          horizonsMin: HORIZONS_MIN,
        }),
      );
      const heldOut = from > identifiedTo || to <= model.period.from;
      return { subject, from: isoOf(from), to: isoOf(to), heldOut, coverage: [...coverage] };
    },
  );
}
