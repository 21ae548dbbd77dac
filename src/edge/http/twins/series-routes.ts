import Type, { type Static } from 'typebox';
import { Fault } from '#base/fault';
import { DAY, HOUR, type Millis, SECOND } from '#base/time';
import { createSampler } from '#mirror/twin/property-samples';
import { createSeries, type SeriesBucket } from '#mirror/twin/series';
import { callerIn } from '../caller.ts';
import { InstantQuery, InstantSchema, instantOf, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';
import { AffordanceName, RoleName, SubjectName, ValueSchema } from './twin-schema.ts';
import { modelOf } from './twin-view.ts';

const BucketSchema = Type.Object({
  from: InstantSchema,
  count: Type.Integer(),
  last: ValueSchema,
  first: Type.Optional(Type.Number()),
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
  mean: Type.Optional(Type.Number()),
});

const ORDINARY_PERIOD: Millis = DAY;
const LONGEST_PERIOD: Millis = 93 * DAY;
const ORDINARY_BUCKETS = 288;
/** A report that was held back on its way arrives that much later than what it tells of, at most, and is still found. */
const HELD_BACK: Millis = HOUR;

/** A property over time, as its devices measured it. */
export function addSeriesRoutes(api: Api, { live, gate, heavy, clock, models }: RouteContext): void {
  api.get(
    '/twins/:subject/things/:role/properties/:name/history',
    {
      schema: {
        operationId: 'readPropertyHistory',
        summary:
          'A property over a period at a chosen resolution: count, first, last, least, greatest and mean of each step',
        tags: ['twins'],
        params: Type.Object(
          { subject: SubjectName, role: RoleName, name: AffordanceName },
          { additionalProperties: false },
        ),
        querystring: Type.Object(
          {
            from: Type.Optional(InstantQuery),
            to: Type.Optional(InstantQuery),
            resolution: Type.Optional(
              Type.Integer({ minimum: 1, maximum: 7 * 86_400, description: 'Seconds of a step; at most 1,440 steps' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            from: InstantSchema,
            to: InstantSchema,
            resolutionSec: Type.Integer(),
            unit: Type.Optional(Type.String()),
            buckets: Type.Array(BucketSchema),
          }),
        },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { subject, role, name } = request.params;
      await gate.see(caller, 'readTwin', subject);
      const { from: first, to: last, resolution } = request.query;
      const to = last === undefined ? clock.now() + 1 : instantOf(last, 'to');
      const from = first === undefined ? Math.max(0, to - ORDINARY_PERIOD) : instantOf(first, 'from');
      if (to - from > LONGEST_PERIOD) throw new Fault('series.bad-period', 'series: a period of more than 93 days');
      const resolutionSec = resolution ?? Math.max(1, Math.ceil((to - from) / (ORDINARY_BUCKETS * SECOND)));
      const series = createSeries({ from, to, resolutionSec });
      const samplesIn = createSampler(role, name);
      await heavy.run(caller, async () => {
        for await (const message of live.history.messages(subject, from, to + HELD_BACK)) {
          for (const sample of samplesIn(message)) series.add(sample);
        }
      });
      const unit = modelOf(live.fleet.registry.thingsOf(subject), role, models)?.properties.get(name)?.unit;
      return {
        from: isoOf(from),
        to: isoOf(to),
        resolutionSec,
        ...(unit === undefined ? {} : { unit }),
        buckets: series.buckets().map(bucketView),
      };
    },
  );
}

function bucketView(bucket: SeriesBucket): Static<typeof BucketSchema> {
  const { kind, from, ...values } = bucket;
  return { from: isoOf(from), ...values } as Static<typeof BucketSchema>;
}
