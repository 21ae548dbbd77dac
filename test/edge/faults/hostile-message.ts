import fc from 'fast-check';
import { encodeCanonical } from '#base/canonical';
import type { Acknowledgement, Measurement, Message, Report, ThingValue } from '#model/thing/message';
import type { ThingModel, ValueSchema } from '#model/thing/thing-model';

/** Times from the beginning of the calendar to beyond its end, and those at which encodings change. */
const anyTime = (now: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constantFrom(now, now - 1, now + 1, now - 86_400_000, now + 86_400_000, 0, -1, 1),
    fc.constantFrom(2 ** 28 * 1_000, 2 ** 32, 2 ** 40 * 1_000 - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    fc.maxSafeInteger(),
    fc.integer({ min: now - 3_600_000, max: now + 3_600_000 }),
  );

/** A value at, within or beyond the bounds of its schema, or of another type altogether. */
function anyValue(schema: ValueSchema): fc.Arbitrary<ThingValue> {
  const { minimum = -1e9, maximum = 1e9 } = schema;
  const within =
    schema.type === 'integer'
      ? fc.integer({ min: minimum, max: maximum })
      : fc.double({ min: minimum, max: maximum, noNaN: true });
  const number = fc.oneof(
    within,
    fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1, 0, -0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE),
  );
  const text = fc.oneof(fc.constantFrom(...(schema.enum ?? ['']).map(String)), fc.string({ maxLength: 300 }));
  const own: Readonly<Record<ValueSchema['type'], fc.Arbitrary<ThingValue>>> = {
    number,
    integer: number,
    string: text,
    boolean: fc.boolean(),
    'number-array': fc.array(number, { maxLength: 30 }),
  };
  return fc.oneof(
    { weight: 12, arbitrary: own[schema.type] },
    { weight: 1, arbitrary: fc.oneof(...Object.values(own)) },
  );
}

const anyMeasurement = (model: ThingModel, now: number): fc.Arbitrary<Measurement> =>
  fc.oneof(
    {
      weight: 30,
      arbitrary: fc.constantFrom(...model.properties.values()).chain((property) =>
        fc.record(
          {
            name: fc.constant(property.name),
            value: anyValue(property),
            at: anyTime(now),
            unit: fc.constantFrom(...(property.unit === undefined ? ['kg'] : [property.unit, property.unit, 'kg'])),
          },
          { requiredKeys: ['name', 'value', 'at'] },
        ),
      ),
    },
    { weight: 1, arbitrary: fc.record({ name: fc.string({ maxLength: 70 }), value: fc.double(), at: anyTime(now) }) },
  );

export interface Speaker {
  readonly thing: string;
  readonly model: ThingModel;
}

export const anyReport = ({ thing, model }: Speaker, now: number): fc.Arbitrary<Report> =>
  anyTime(now).chain((sentAt) =>
    fc
      .array(
        fc.oneof(
          anyMeasurement(model, now),
          // most measurements are of the time of their report
          anyMeasurement(model, now).map((measurement) => ({ ...measurement, at: sentAt })),
        ),
        { minLength: 0, maxLength: 8 },
      )
      .map((measurements): Report => ({ kind: 'Report', thing, sentAt, measurements })),
  );

export const anyAcknowledgement = ({ thing }: Speaker, now: number): fc.Arbitrary<Acknowledgement> =>
  fc.record(
    {
      kind: fc.constant('Acknowledgement' as const),
      thing: fc.constant(thing),
      commandId: fc.oneof(
        fc.integer({ min: 0, max: 20 }).map((id) => `c${id}`),
        fc.string({ maxLength: 80 }),
      ),
      outcome: fc.constantFrom('done' as const, 'refused' as const, 'expired' as const),
      reason: fc.string({ maxLength: 300 }),
      at: anyTime(now),
    },
    { requiredKeys: ['kind', 'thing', 'commandId', 'outcome', 'at'] },
  );

/** Canonical CBOR of any shape, and bytes of none. */
export const anyContent: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc
    .letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.string({ maxLength: 20 }),
        fc.boolean(),
        fc.uint8Array({ maxLength: 20 }),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(fc.constantFrom('pack', 'thing', 'sentAt', 'at', 'outcome', 'commandId', 'x'), tie('value')),
      ),
    }))
    .value.map((value) => encodeCanonical(value as never)),
  fc.uint8Array({ maxLength: 300 }),
);

export const anyKind: fc.Arbitrary<Message['kind']> = fc.constantFrom(
  'Report',
  'Bundle',
  'Acknowledgement',
  'SignedCommand',
);

/** What somebody without the key can do to a sealed message: flip, cut, extend, splice, lengthen what it says of its lengths. */
export function mutated(genuine: Uint8Array, other: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat({ max: genuine.length - 1 });
  const changed = (at: number, byte: (before: number) => number): Uint8Array =>
    genuine.map((before, index) => (index === at ? byte(before) : before));
  return fc.oneof(
    fc.tuple(place, fc.nat({ max: 7 })).map(([at, bit]) => changed(at, (before) => before ^ (1 << bit))),
    fc.tuple(place, fc.integer({ min: 0, max: 255 })).map(([at, byte]) => changed(at, () => byte)),
    place.map((length) => genuine.slice(0, length)),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((tail) => Uint8Array.of(...genuine, ...tail)),
    fc.tuple(place, place).map(([to, from]) => Uint8Array.of(...genuine.slice(0, to), ...other.slice(from))),
    fc
      .tuple(place, fc.uint8Array({ minLength: 1, maxLength: 9 }))
      .map(([at, more]) => Uint8Array.of(...genuine.slice(0, at), ...more, ...genuine.slice(at))),
  );
}
