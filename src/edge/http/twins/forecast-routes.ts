import Type, { type Static } from 'typebox';
import { MINUTE, type Millis } from '#base/time';
import { forecastReadings, type ReadingForecast } from '#mirror/twin/reading-forecast';
import { callerIn } from '../caller.ts';
import { InstantQuery, InstantSchema, isoOf } from '../instant.ts';
import type { RouteContext } from '../route-context.ts';
import type { Api } from '../type-provider.ts';
import { twinThen } from './past-twin.ts';
import { type Supply, suppliesOf } from './supplies.ts';
import { SubjectName } from './twin-schema.ts';

const SupplySchema = Type.Object({
  thing: Type.String(),
  property: Type.String(),
  left: Type.Optional(Type.Number({ description: "In the property's unit" })),
  emptyAt: Type.Optional(InstantSchema),
  earliestAt: Type.Optional(InstantSchema),
  latestAt: Type.Optional(InstantSchema),
  days: Type.Optional(Type.Integer({ description: 'Whole days of history that it rests on' })),
  unknown: Type.Optional(Type.String({ description: 'Why it cannot be said' })),
});
type SupplyView = Static<typeof SupplySchema>;

const Glucose = Type.Object(
  {
    from: InstantSchema,
    stepMin: Type.Number(),
    calibratedToMin: Type.Number({ description: "Up to here the band was fitted to this person's days" }),
    points: Type.Array(
      Type.Object({ at: InstantSchema, mean: Type.Number(), low: Type.Number(), high: Type.Number() }),
    ),
  },
  { description: 'What the sensor will show at the end of each step, mg/dL, with a 90 % band' },
);

/** How long supplies last changes slowly, and is read out of two weeks of messages. */
const SUPPLIES_KEPT: Millis = 10 * MINUTE;
const MOST_KEPT = 1_000;

/** What is to come, if things go on as they are. */
export function addForecastRoutes(api: Api, context: RouteContext): void {
  const { live, gate, heavy, clock } = context;
  const kept = new Map<string, { readonly at: Millis; readonly supplies: readonly Supply[] }>();

  api.get(
    '/twins/:subject/forecast',
    {
      schema: {
        operationId: 'forecastTwin',
        summary:
          'Glucose as the sensor will show it, with a 90 % band, and how long reservoir, batteries and sensor last',
        tags: ['twins'],
        params: Type.Object({ subject: SubjectName }, { additionalProperties: false }),
        querystring: Type.Object(
          {
            at: Type.Optional(InstantQuery),
            horizon: Type.Optional(
              Type.Integer({ minimum: 5, maximum: 24 * 60, default: 120, description: 'Minutes' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            subject: Type.String(),
            at: InstantSchema,
            // absent while the twin cannot predict
            glucose: Type.Optional(Glucose),
            supplies: Type.Array(SupplySchema),
          }),
        },
      },
    },
    async (request) => {
      const caller = callerIn(request);
      const { at: stated, horizon = 120 } = request.query;
      const entry = await gate.see(caller, 'readTwin', request.params.subject);
      const { subject } = entry;
      const { twin, at, isPast } = await twinThen(context, caller, entry, stated);
      const readings = forecastReadings(twin, { kind: 'none' }, horizon);
      const known = isPast ? undefined : kept.get(subject);
      const supplies =
        known !== undefined && clock.now() - known.at < SUPPLIES_KEPT
          ? known.supplies
          : await heavy.run(caller, () => suppliesOf(live.history, subject, at));
      if (!isPast) {
        kept.delete(subject);
        if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!);
        kept.set(subject, { at: known?.supplies === supplies ? known.at : clock.now(), supplies });
      }
      return {
        subject,
        at: isoOf(at),
        ...(readings === undefined ? {} : { glucose: glucoseView(readings) }),
        supplies: supplies.map(supplyView),
      };
    },
  );
}

const glucoseView = ({ from, stepMin, calibratedToMin, mean, low, high }: ReadingForecast): Static<typeof Glucose> => ({
  from: isoOf(from),
  stepMin,
  calibratedToMin,
  points: Array.from(mean, (value, index) => ({
    at: isoOf(from + (index + 1) * stepMin * MINUTE),
    mean: value,
    low: low[index]!,
    high: high[index]!,
  })),
});

function supplyView({ thing, property, life }: Supply): SupplyView {
  if (life.kind === 'unknown') return { thing, property, unknown: life.reason };
  const { at, left, emptyInMin, earliestMin, latestMin, days } = life;
  const inMin = (minutes: number): string => isoOf(Math.round(at + minutes * MINUTE));
  return {
    thing,
    property,
    left,
    emptyAt: inMin(emptyInMin),
    earliestAt: inMin(earliestMin),
    latestAt: inMin(latestMin),
    days,
  };
}
