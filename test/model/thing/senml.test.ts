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

const without = (label: number): CborValue => record(GOOD.filter(([key]) => key !== label));
const and = (...entries: readonly (readonly [number | string, CborValue])[]): CborValue =>
  record([...GOOD.filter(([key]) => !entries.some(([other]) => other === key)), ...entries]);

test('a pack that is not understood in full is refused in full', () => {
  assert.equal(decodeSenml('pump-1', [record(GOOD)]).length, 1);
  const bad: readonly (readonly [string, CborValue])[] = [
    ['no array', record(GOOD)],
    ['empty', []],
    ['record is no map', [1]],
    ['text labels', [{ n: 'rate', v: 1 }]],
    ['no value', [without(2)]],
    ['two values', [and([3, 'text'])]],
    ['value of another type', [and([2, 'text'])]],
    ['base value', [and([-5, 1])]],
    ['sum', [and([5, 1])]],
    ['unknown label', [and([99, 1])]],
    ['label that must be understood', [and(['ext_', 1])]],
    ['another version', [and([-1, 11])]],
    ['no base name', [without(-2)]],
    ['another thing', [and([-2, 'pump-2/'])]],
    ['a thing whose name begins alike', [and([-2, 'pump-10/'])]],
    ['relative time', [without(-3)]],
    ['time below 2^28', [and([-3, 2 ** 28 - 1])]],
    ['time that is not a number', [and([-3, Number.NaN])]],
    ['time beyond all bounds', [and([-3, 1e300])]],
    ['name of another type', [and([0, 7])]],
    ['data of seven bytes', [record([...GOOD.slice(0, 3), [8, new Uint8Array(7)]])]],
    ['text too long', [record([...GOOD.slice(0, 3), [3, 'x'.repeat(SENML_LIMITS.textLength + 1)]])]],
    ['too many records', Array.from({ length: SENML_LIMITS.records + 1 }, () => record(GOOD))],
  ];
  for (const [what, pack] of bad) {
    assert.throws(() => decodeSenml('pump-1', pack), { code: 'senml.malformed' }, what);
  }
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
