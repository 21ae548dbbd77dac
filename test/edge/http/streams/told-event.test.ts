import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOfRecord } from '#edge/http/streams/events-of-record';
import { toldEventOf } from '#edge/http/streams/told-event';
import type { HistoryRecord, RecordKind } from '#mirror/history/record';
import { createRegistry } from '#platform/fleet/registry';

const told = (kind: RecordKind, body: HistoryRecord['body'], reported: boolean) =>
  eventsOfRecord({ position: 7, record: { kind, subject: 'p1', at: 0, body } }, createRegistry()).map((event) =>
    toldEventOf(event, () => ({ reported })),
  );

const REASON = {
  statement: 'glucose {glucose} mg/dL is below {least}',
  values: { least: 90 },
  reported: { glucose: 137 },
};
const OLD = 'glucose `137` mg/dL is below 90';
const FINDING = { rule: 'r', thing: 'cgm', confidence: 'certain' };
const RECORDS: readonly (readonly [RecordKind, HistoryRecord['body']])[] = [
  ['FindingRaised', { ...FINDING, ...REASON }],
  ['FindingRaised', { ...FINDING, statement: OLD, values: { what: 'low', glucose: 137 } }],
  ...(['IncidentDeclared', 'IncidentRecovered', 'IncidentClosed'] as const).flatMap((kind) =>
    [REASON, OLD].map((reason) => [kind, { id: 'incident-1', reason }] as const),
  ),
  ...(['CommandRefused', 'CommandDeclined'] as const).flatMap((kind) =>
    [REASON, OLD].map((reason) => [kind, { id: 'c1', reasons: [reason] }] as const),
  ),
];

test('withheld_means_absent: whatever version recorded it', () => {
  for (const [kind, body] of RECORDS) {
    const [withheld] = told(kind, body, false);
    assert.doesNotMatch(JSON.stringify(withheld), /137/, kind);
    assert.match(JSON.stringify(withheld), /…/, kind);
    assert.match(JSON.stringify(told(kind, body, true)), /137/, kind);
  }
});

test('a finding is told in words and in values', () => {
  assert.deepEqual(told('FindingRaised', { ...FINDING, ...REASON, what: 'low' }, true), [
    {
      type: 'finding',
      position: 7,
      subject: 'p1',
      at: '1970-01-01T00:00:00.000Z',
      ...FINDING,
      what: 'low',
      statement: 'glucose `137` mg/dL is below `90`',
      values: { least: 90 },
      reported: { glucose: 137 },
    },
  ]);
});
