import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CborValue, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { decodeContent, encodeBundle, encodeContent } from '#model/thing/content';
import type { Measurement, Report } from '#model/thing/message';
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
