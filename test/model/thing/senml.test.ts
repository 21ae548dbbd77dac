import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CborValue, encodeCanonical } from '#base/canonical';
import { decodeContent, encodeContent } from '#model/thing/content';
import type { Measurement } from '#model/thing/message';
import { SENML_LIMITS } from '#model/thing/senml';

const SENT_AT = 1_760_000_000_000;
const LIMIT = 100_000;

/** The measurements of a report whose pack is `pack`. */
function decodeSenml(thing: string, pack: CborValue): readonly Measurement[] {
  const report = decodeContent('Report', encodeCanonical({ pack, thing, sentAt: SENT_AT }), LIMIT);
  assert.ok(report.kind === 'Report');
  return report.measurements;
}

const record = (entries: readonly (readonly [number | string, CborValue])[]): CborValue => new Map(entries);

test('a pack in the manner of RFC 8428, 5.1.3: base name, base time, units, values of every type', () => {
  const pack = [
    record([
      [-2, 'pump-1/'],
      [-3, 1_276_020_076],
      [-4, 'A'],
      [-1, 10],
      [0, 'voltage'],
      [1, 'V'],
      [2, 120.1],
    ]),
    record([
      [0, 'current'],
      [6, -5],
      [2, 1.2],
    ]),
    record([
      [0, 'label'],
      [3, 'text'],
    ]),
    record([
      [0, 'on'],
      [4, true],
      [6, 0.25],
    ]),
    record([
      [0, 'wave'],
      [8, Uint8Array.fromHex('3ff0000000000000c000000000000000')],
    ]),
  ];
  assert.deepEqual(decodeSenml('pump-1', pack), [
    { name: 'voltage', value: 120.1, at: 1_276_020_076_000, unit: 'V' },
    { name: 'current', value: 1.2, at: 1_276_020_071_000, unit: 'A' },
    { name: 'label', value: 'text', at: 1_276_020_076_000, unit: 'A' },
    { name: 'on', value: true, at: 1_276_020_076_250, unit: 'A' },
    { name: 'wave', value: [1, -2], at: 1_276_020_076_000, unit: 'A' },
  ]);
});

const GOOD = [
  [-2, 'pump-1/'],
  [-3, 1_760_000_000],
  [0, 'rate'],
  [2, 1],
] as const;

/** A good record with its value under this label instead. */
const valued = (label: number, value: CborValue): CborValue => record([...GOOD.slice(0, 3), [label, value]]);
const without = (label: number): CborValue => record(GOOD.filter(([key]) => key !== label));
const and = (...entries: readonly (readonly [number | string, CborValue])[]): CborValue =>
  record([...GOOD.filter(([key]) => !entries.some(([other]) => other === key)), ...entries]);

test('a pack that is not understood in full is refused in full', () => {
  assert.equal(decodeSenml('pump-1', [record(GOOD)]).length, 1);
  const bad: readonly (readonly [string, CborValue, string])[] = [
    ['no array', record(GOOD), 'a pack is a non-empty array of records'],
    ['empty', [], 'a pack is a non-empty array of records'],
    ['record is no map', [1], 'a record is of another type'],
    ['text labels', [{ n: 'rate', v: 1 }], 'a label that begins with byte `97` is not known'],
    ['no value', [without(2)], 'a record holds one value'],
    ['two values', [and([3, 'text'])], 'a record holds one value'],
    ['number of another type', [and([2, 'text'])], 'a number is of another type'],
    ['text of another type', [valued(3, 1)], 'a text is of another type'],
    ['truth value of another type', [valued(4, 1)], 'a boolean is of another type'],
    ['data of another type', [valued(8, 'text')], 'a data value is of another type'],
    ['base value', [and([-5, 1])], 'a label that begins with byte `36` is not known'],
    ['sum', [and([5, 1])], 'a label that begins with byte `5` is not known'],
    ['unknown label', [and([99, 1])], 'a label that begins with byte `24` is not known'],
    ['label that must be understood', [and(['ext_', 1])], 'a label that begins with byte `100` is not known'],
    ['another version', [and([-1, 11])], 'the version is not 10'],
    ['no base name', [without(-2)], '`rate` is no property of `pump-1`'],
    ['another thing', [and([-2, 'pump-2/'])], '`pump-2/rate` is no property of `pump-1`'],
    ['a thing whose name begins alike', [and([-2, 'pump-10/'])], '`pump-10/rate` is no property of `pump-1`'],
    ['a name that ends with the thing', [and([-2, 'x'], [0, 'pump-1/'])], '`xpump-1/` is no property of `pump-1`'],
    ['relative time', [without(-3)], 'time `0` s is relative or out of range'],
    ['time below 2^28', [and([-3, 2 ** 28 - 1])], `time \`${2 ** 28 - 1}\` s is relative or out of range`],
    ['time that is not a number', [and([-3, Number.NaN])], 'time `NaN` s is relative or out of range'],
    ['time beyond all bounds', [and([-3, 2 ** 40 + 1])], `time \`${2 ** 40 + 1}\` s is relative or out of range`],
    ['time of another type', [and([6, 'now'])], 'the time is of another type'],
    ['base time of another type', [and([-3, 'now'])], 'the base time is of another type'],
    ['name of another type', [and([0, 7])], 'the name is of another type'],
    ['unit of another type', [and([1, 7])], 'the unit is of another type'],
    ['base name of another type', [and([-2, 7])], 'the base name is of another type'],
    ['base unit of another type', [and([-4, 7])], 'the base unit is of another type'],
    ['name too long', [and([0, 'x'.repeat(129)])], 'the name is longer than 128'],
    ['unit too long', [and([1, 'x'.repeat(129)])], 'the unit is longer than 128'],
    ['data of seven bytes', [valued(8, new Uint8Array(7))], 'a data value is not whole numbers of eight bytes'],
    ['data too long', [valued(8, new Uint8Array(8 * (SENML_LIMITS.arrayLength + 1)))], 'a data value is too long'],
    ['text too long', [valued(3, 'x'.repeat(SENML_LIMITS.textLength + 1))], 'a text of `257` is too long'],
    [
      'too many records',
      Array.from({ length: SENML_LIMITS.records + 1 }, () => record(GOOD)),
      '`257` records are too many',
    ],
  ];
  for (const [what, pack, message] of bad) {
    assert.throws(() => decodeSenml('pump-1', pack), { code: 'senml.malformed', message: `senml: ${message}` }, what);
  }
});

test('what is just within its bound is read', () => {
  const records = Array.from({ length: SENML_LIMITS.records }, () => record(GOOD));
  assert.equal(decodeSenml('pump-1', records).length, SENML_LIMITS.records);
  const one = (pack: CborValue): Measurement => decodeSenml('pump-1', [pack])[0]!;
  const longest = 'x'.repeat(SENML_LIMITS.textLength);
  assert.equal(one(valued(3, longest)).value, longest);
  const most = one(valued(8, new Uint8Array(8 * SENML_LIMITS.arrayLength))).value;
  assert.ok(typeof most === 'object' && most.length === SENML_LIMITS.arrayLength);
  assert.deepEqual(one(valued(8, new Uint8Array(0))).value, []);
  assert.equal(one(and([1, 'x'.repeat(128)])).unit, 'x'.repeat(128));
  assert.equal(one(and([0, 'x'.repeat(128)])).name, 'x'.repeat(128));
  assert.equal(one(and([-3, 2 ** 28])).at, 2 ** 28 * 1_000);
  assert.equal(one(and([-3, 2 ** 40])).at, 2 ** 40 * 1_000);
});

test('a name may be split at any place between base name and name', () => {
  const name = (base: string, own: string): string =>
    decodeSenml('pump-1', [
      record([
        [-2, base],
        [-3, 1_760_000_000],
        [0, own],
        [2, 1],
      ]),
    ])[0]!.name;
  for (const [base, own] of [
    ['pump-1/', 'rate'],
    ['pump-1/ra', 'te'],
    ['pump', '-1/rate'],
    ['', 'pump-1/rate'],
  ] as const) {
    assert.equal(name(base, own), 'rate', base);
  }
});

test('labels of a record come in order, each once, whatever their encoding would say', () => {
  const good = encodeCanonical({ pack: [record(GOOD)], thing: 'pump-1', sentAt: SENT_AT });
  // 00 64 "rate" 02 01: the name and then the number
  const at = good.findIndex((_, index) => good.subarray(index, index + 8).toHex() === '0064726174650201');
  assert.ok(at > 0);
  for (const [what, bytes] of [
    ['the value before the name', '0201006472617465'],
    ['the value twice', '0201020202010202'],
  ] as const) {
    const other = good.slice();
    other.set(Uint8Array.fromHex(bytes), at);
    assert.throws(
      () => decodeContent('Report', other, LIMIT),
      { code: 'senml.malformed', message: 'senml: labels are out of order or there twice' },
      what,
    );
  }
});

test('a minus zero becomes zero on its way, alone and among others', () => {
  const report = {
    kind: 'Report',
    thing: 'pump-1',
    sentAt: SENT_AT,
    measurements: [
      { name: 'rate', value: -0, at: SENT_AT },
      { name: 'rates', value: [-0, 1], at: SENT_AT },
    ],
  } as const;
  const decoded = decodeContent('Report', encodeContent(report), LIMIT);
  assert.ok(decoded.kind === 'Report');
  const [rate, rates] = decoded.measurements.map(({ value }) => value);
  assert.ok(Object.is(rate, 0) && Object.is((rates as readonly number[])[0], 0));
});

const measurement: fc.Arbitrary<Measurement> = fc.record(
  {
    name: fc.stringMatching(/^[a-zA-Z]{1,20}$/),
    value: fc.oneof(
      fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
      fc.string({ maxLength: 20 }),
      fc.boolean(),
      fc.array(
        fc.double({ noNaN: true }).map((value) => value + 0),
        { maxLength: 5 },
      ),
    ),
    at: fc.integer({ min: SENT_AT - 86_400_000, max: SENT_AT + 86_400_000 }),
    unit: fc.constantFrom('mg/dL', '[iU]/h'),
  },
  { requiredKeys: ['name', 'value', 'at'], noNullPrototype: true },
);

test('measurements survive the wire to the millisecond and the last bit', () => {
  fc.assert(
    fc.property(fc.array(measurement, { minLength: 1, maxLength: 6 }), (measurements) => {
      const report = { kind: 'Report', thing: 'pump-1', sentAt: SENT_AT + 123, measurements } as const;
      assert.deepEqual(decodeContent('Report', encodeContent(report), LIMIT), report);
    }),
    { numRuns: 300 },
  );
});
