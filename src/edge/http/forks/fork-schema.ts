import Type, { type Static } from 'typebox';
import { InstantQuery, InstantSchema } from '../instant.ts';

const strict = { additionalProperties: false } as const;
const Horizon = Type.Integer({ minimum: 5, maximum: 24 * 60, default: 120, description: 'Minutes' });
const Start = Type.Optional(
  Type.Number({ minimum: 0, maximum: 24 * 60, default: 0, description: 'Minutes from the estimate on' }),
);
const Lasting = Type.Number({ minimum: 0, maximum: 24 * 60, description: 'Minutes' });
const kind = <const Kind extends string>(name: Kind) => ({ kind: Type.Literal(name) });

const ChangeSchema = Type.Union([
  Type.Object(kind('none'), strict),
  Type.Object(kind('profile-basal'), strict),
  Type.Object({ ...kind('bolus'), units: Type.Number({ minimum: 0, maximum: 100 }) }, strict),
  Type.Object(
    { ...kind('temporary-basal'), rate: Type.Number({ minimum: 0, maximum: 35 }), durationMin: Lasting },
    strict,
  ),
  Type.Object({ ...kind('suspend'), durationMin: Lasting }, strict),
  Type.Object({ ...kind('meal'), grams: Type.Number({ minimum: 0, maximum: 300 }) }, strict),
]);

const Name = Type.String({ pattern: '^[a-z0-9-]{1,64}$' });

const AttackSchema = Type.Object(
  {
    technique: Name,
    parameters: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]{0,63}$' }),
        Type.Union([Type.Number(), Type.String({ maxLength: 64 }), Type.Boolean()]),
        { maxProperties: 16, ...strict },
      ),
    ),
    startMin: Start,
    durationMin: Type.Optional(Lasting),
  },
  strict,
);

export const ForkWishSchema = Type.Object(
  {
    at: Type.Optional(InstantQuery),
    horizonMin: Type.Optional(Horizon),
    changes: Type.Optional(
      Type.Array(Type.Object({ startMin: Start, change: ChangeSchema }, strict), {
        maxItems: 16,
        description: 'What is done differently; nothing where neither changes nor an attack are stated',
      }),
    ),
    attack: Type.Optional(AttackSchema),
    meals: Type.Optional(
      Type.Array(
        Type.Object(
          {
            inMin: Type.Number({ minimum: 0, maximum: 24 * 60 }),
            grams: Type.Number({ minimum: 0, maximum: 300 }),
            counted: Type.Optional(Type.Number({ minimum: 0, maximum: 300 })),
          },
          strict,
        ),
        { maxItems: 16, description: 'Of an attack: meals to come' },
      ),
    ),
    defences: Type.Optional(
      Type.Array(Name, { minItems: 1, maxItems: 4, uniqueItems: true, description: 'Of an attack: defence sets' }),
    ),
    seeds: Type.Optional(Type.Integer({ minimum: 1, maximum: 32, default: 8, description: 'Of an attack: lives' })),
    ward: Type.Optional(Name),
  },
  strict,
);
export type ForkWishBody = Static<typeof ForkWishSchema>;

const Numbers = Type.Array(Type.Number());
const Forecast = Type.Object({
  from: InstantSchema,
  stepMin: Type.Number(),
  mean: Numbers,
  low90: Numbers,
  high90: Numbers,
});
const Crossing = Type.Object({ probability: Type.Number(), meanAtMin: Type.Optional(Type.Number()) });
const Risk = Type.Object({ below54: Crossing, below70: Crossing, above180: Crossing, above250: Crossing });

const ComparisonSchema = Type.Object(
  {
    unforked: Forecast,
    forked: Forecast,
    differenceMgPerDl: Numbers,
    risk: Type.Object({ unforked: Risk, forked: Risk }),
  },
  { description: 'Glucose in mg/dL at the end of each step, with a 90 % band; model evidence' },
);
export type ComparisonView = Static<typeof ComparisonSchema>;

const Found = Type.Object({
  rule: Type.String(),
  thing: Type.String(),
  runs: Type.Integer(),
  firstAtMin: Type.Number(),
});
const Responded = Type.Object({
  what: Type.String(),
  runs: Type.Integer(),
  firstAtMin: Type.Number(),
  touchesTherapy: Type.Boolean(),
});
const course = {
  glucose: Type.Object({ mean: Numbers, low: Numbers, high: Numbers }),
  delivered: Numbers,
  totalDelivered: Type.Number(),
  everBelow54: Type.Number(),
  everAbove250: Type.Number(),
  severities: Type.Record(Type.String(), Type.Integer()),
  findings: Type.Array(Found),
  responses: Type.Array(Responded),
};
const OutcomeSchema = Type.Object(
  {
    from: Type.Number({ description: 'Milliseconds since 1970' }),
    stepMin: Type.Number(),
    horizonMin: Type.Number(),
    seeds: Type.Integer(),
    limits: Type.Array(Type.String()),
    byDefences: Type.Array(
      Type.Object({
        defences: Type.String(),
        unattacked: Type.Object(course),
        attacked: Type.Optional(
          Type.Object({
            ...course,
            acted: Type.Integer(),
            firstActMin: Type.Optional(Type.Number()),
            prevented: Type.Integer(),
            harmed: Type.Integer(),
            detected: Type.Integer(),
            detectionDelayMin: Type.Optional(Type.Number()),
            contained: Type.Integer(),
          }),
        ),
      }),
    ),
  },
  { description: 'Lives of a simulated ward around the identified body, attacked and not; model evidence' },
);

export const ForkSchema = Type.Object({
  id: Type.String(),
  subject: Type.String(),
  at: InstantSchema,
  expiresAt: InstantSchema,
  comparison: Type.Optional(ComparisonSchema),
  outcome: Type.Optional(OutcomeSchema),
});
