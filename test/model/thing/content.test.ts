import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CborValue, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { BUNDLE_LIMIT, decodeContent, encodeBundle, encodeContent } from '#model/thing/content';
import type { Acknowledgement, Measurement, Report } from '#model/thing/message';
import { decodeReports, encodeReport } from './reference/content.ts';

const LIMIT = 4096;
const SENT_AT = 1_760_000_000_000;

const measurement: fc.Arbitrary<Measurement> = fc.record(
  {
    name: fc.oneof(fc.stringMatching(/^[a-zA-Z]{1,20}$/), fc.string({ unit: 'grapheme', maxLength: 130 })),
    value: fc.oneof(fc.double(), fc.integer(), fc.string(), fc.boolean(), fc.array(fc.double(), { maxLength: 4 })),
    at: fc.integer({ min: SENT_AT - 86_400_000, max: SENT_AT + 86_400_000 }),
    unit: fc.constantFrom('mg/dL', '[iU]/h'),
  },
  { requiredKeys: ['name', 'value', 'at'], noNullPrototype: true },
);
const report: fc.Arbitrary<Report> = fc.record({
  kind: fc.constant('Report'),
  thing: fc.constantFrom('pump-1', 'cgm'),
  sentAt: fc.constant(SENT_AT),
  measurements: fc.array(measurement, { minLength: 1, maxLength: 4 }),
});

test('the writer of reports writes what the reference model writes', () => {
  fc.assert(
    fc.property(report, (whole) => assert.deepEqual(encodeContent(whole), encodeReport(whole))),
    { numRuns: 300 },
  );
});

/** What `decode` makes of bytes, or `refused` for every fault: which of several is found first is nobody's business. */
function outcomeOf(decode: () => unknown): unknown {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Fault) return 'refused';
    throw error;
  }
}

function agree(kind: 'Report' | 'Bundle', bytes: Uint8Array): unknown {
  const outcome = outcomeOf(() => decodeContent(kind, bytes, LIMIT));
  assert.deepEqual(
    outcome,
    outcomeOf(() => decodeReports(kind, bytes, LIMIT)),
  );
  return outcome;
}

const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) });

test('the reader of reports accepts and refuses what the reference model does, whatever single bytes become', () => {
  const changed = fc.tuple(report, report, fc.array(change, { maxLength: 2 }), fc.option(fc.nat()));
  let accepted = 0;
  fc.assert(
    fc.property(changed, ([first, second, changes, cut]) => {
      const single = encodeContent(first);
      for (const [kind, content] of [
        ['Report', single],
        ['Bundle', encodeBundle([single, encodeContent(second)])],
      ] as const) {
        const bytes = content.slice(0, cut === null ? undefined : cut % content.length);
        for (const { at, to } of changes) if (bytes.length > 0) bytes[at % bytes.length] = to;
        if (agree(kind, bytes) !== 'refused') accepted += 1;
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(accepted > 100, 'the property says something about accepted reports too');
});

const label = fc.constantFrom<number | string>(-5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 99, 'n', 'ext_');
const field: fc.Arbitrary<CborValue> = fc.oneof(
  fc.constantFrom<CborValue>(
    'pump-1/',
    'pump-1/rate',
    'pump',
    '-1/rate',
    'rate',
    10,
    -5,
    0.5,
    1_760_000_000,
    true,
    null,
  ),
  fc.constantFrom<CborValue>(Number.NaN, 1e300, 2 ** 28, new Uint8Array(8), new Uint8Array(7), 'x'.repeat(129), []),
);
const record = fc.array(fc.tuple(label, field), { maxLength: 3 });
const GOOD = [
  [-2, 'pump-1/'],
  [-3, 1_760_000_000],
  [0, 'rate'],
  [2, 1],
] as const satisfies readonly (readonly [number, CborValue])[];

test('the reader of packs accepts and refuses what the reference model does, whatever the labels and values', () => {
  const records = fc.array(fc.tuple(fc.constantFrom(0, 2, 3, 4, 4, 4), record), { maxLength: 3 });
  let accepted = 0;
  fc.assert(
    fc.property(records, fc.constantFrom('pump-1', 'pump-1', 'pump-1', 'pump', 1), (parts, thing) => {
      const pack = parts.map(([kept, own]) => new Map<number | string, CborValue>([...GOOD.slice(0, kept), ...own]));
      if (agree('Report', encodeCanonical({ pack, thing, sentAt: SENT_AT })) !== 'refused') accepted += 1;
    }),
    { numRuns: 3000 },
  );
  assert.ok(accepted > 20, 'the property says something about accepted packs too');
});

test('fields beside, instead of or without those of a report are refused', () => {
  const pack = [new Map<number | string, CborValue>(GOOD)];
  const whole = { pack, thing: 'pump-1', sentAt: SENT_AT };
  assert.notEqual(agree('Report', encodeCanonical(whole)), 'refused');
  const bad: readonly CborValue[] = [
    { ...whole, more: 1 },
    { pack, thing: 'pump-1' },
    { pack, thing: 'pump-1', sentat: SENT_AT },
    { ...whole, sentAt: 0.5 },
    { ...whole, sentAt: 'now' },
    { ...whole, thing: 'Pump' },
    new Map<number, CborValue>([[1, pack]]),
    pack,
    null,
  ];
  for (const value of bad) assert.equal(agree('Report', encodeCanonical(value)), 'refused');
  const reports = Array.from({ length: 17 }, () => whole);
  assert.equal(agree('Bundle', encodeCanonical(reports)), 'refused');
  assert.notEqual(agree('Bundle', encodeCanonical(reports.slice(1))), 'refused');
  assert.equal(agree('Bundle', encodeCanonical([])), 'refused');
});

test('what is wrong with a report or a bundle is said', () => {
  const pack = [new Map<number | string, CborValue>(GOOD)];
  const whole = { pack, thing: 'pump-1', sentAt: SENT_AT };
  const cases: readonly (readonly ['Report' | 'Bundle', CborValue, string])[] = [
    ['Bundle', whole, 'content: Bundle is no array'],
    ['Bundle', [], 'content: `0` reports, 1 to 16'],
    ['Bundle', Array.from({ length: 17 }, () => whole), 'content: `17` reports, 1 to 16'],
    ['Report', [whole], 'content: Report is no map of 3 fields'],
    ['Report', { ...whole, zzzzzzz: 1 }, 'content: Report is no map of 3 fields'],
    ['Report', { pack, thing: 'pump-1' }, 'content: Report is no map of 3 fields'],
    ['Report', { ...whole, sentAt: 0.5 }, 'content: sentAt is no time in milliseconds'],
    ['Report', { pack, thing: 'pump-1', sentat: 1 }, 'content: field `sentat` in the place of `sentAt`'],
  ];
  for (const [kind, value, message] of cases) {
    assert.throws(() => decodeContent(kind, encodeCanonical(value), LIMIT), { code: 'content.malformed', message });
  }
});

test('a bundle is made of 1 to 16 reports', () => {
  const one = encodeContent({ kind: 'Report', thing: 'a', sentAt: SENT_AT, measurements: [] });
  const of = (count: number): readonly Uint8Array[] => new Array<Uint8Array>(count).fill(one);
  for (const count of [1, BUNDLE_LIMIT]) assert.equal(encodeBundle(of(count)).length, 1 + count * one.length);
  for (const count of [0, BUNDLE_LIMIT + 1]) {
    assert.throws(() => encodeBundle(of(count)), /a bundle has 1 to 16 reports/, String(count));
  }
});

test('an acknowledgement is read as it was written, and every field within its bound alone', () => {
  const whole: Acknowledgement = {
    kind: 'Acknowledgement',
    thing: 'pump-1',
    commandId: 'x'.repeat(64),
    outcome: 'done',
    reason: 'y'.repeat(256),
    at: SENT_AT,
  };
  const { reason: _, ...unexplained } = whole;
  for (const outcome of ['done', 'refused', 'expired'] as const) {
    for (const message of [
      { ...whole, outcome },
      { ...unexplained, outcome },
    ]) {
      assert.deepEqual(decodeContent('Acknowledgement', encodeContent(message), LIMIT), message);
    }
  }
  const { kind: __, ...fields } = whole;
  const { reason: ___, ...four } = fields;
  const bad: readonly (readonly [CborValue, string])[] = [
    ['text', 'Acknowledgement is no map with text keys'],
    [{ ...fields, more: 1 }, '`6` fields, 5 are known'],
    [{ ...four, more: 1 }, '`5` fields, 4 are known'],
    [{ ...fields, outcome: 'perhaps' }, 'outcome `perhaps` is none of done, refused, expired'],
    [{ ...fields, commandId: 'x'.repeat(65) }, 'commandId is no text of 1 to 64'],
    [{ ...fields, commandId: '' }, 'commandId is no text of 1 to 64'],
    [{ ...fields, reason: 'y'.repeat(257) }, 'reason is no text of 1 to 256'],
    [{ ...fields, reason: null }, 'reason is no text of 1 to 256'],
    [{ ...fields, at: 0.5 }, 'at `0.5` is no time in milliseconds'],
    [{ ...fields, thing: 'Pump' }, 'thing `Pump` is no thing id'],
  ];
  for (const [value, message] of bad) {
    assert.throws(() => decodeContent('Acknowledgement', encodeCanonical(value), LIMIT), {
      code: 'content.malformed',
      message: `content: ${message}`,
    });
  }
  // one of four without its time: a fifth field does not stand in for it
  const { at: ____, ...untimed } = four;
  const untold = decodeContent.bind(undefined, 'Acknowledgement', encodeCanonical({ ...untimed, more: 1 }), LIMIT);
  assert.throws(untold, { message: 'content: at `undefined` is no time in milliseconds' });
});
