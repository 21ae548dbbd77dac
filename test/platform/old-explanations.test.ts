import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, withoutReported } from '#base/explanation';
import type { HistoryRecord, RecordKind } from '#mirror/history/record';
import { noteCommandRecord } from '#platform/command-history';
import { type CommandLife, lifeOf } from '#platform/command-life';
import { bodyOfFinding, findingOf } from '#platform/records';
import { createFleetBench, START } from './fleet/fleet-bench.ts';

/** As version 0.2 recorded why: in texts with the values of the patient glued in. */
const OLD = 'plausibility: glucose `137` mg/dL is below 190 mg/dL';
const record = (kind: RecordKind, body: HistoryRecord['body']): HistoryRecord => ({
  kind,
  subject: 'p1',
  at: START,
  body,
});

const REQUESTED = record('CommandRequested', {
  id: 'c1',
  thing: 'pump',
  action: 'bolus',
  input: { units: 1 },
  requester: 'nurse',
  origin: 'person',
  authorization: { outcome: 'refuse', determinedBy: ['x'], reasons: [OLD] },
});
const REFUSED = record('CommandRefused', { id: 'c1', kind: 'refuse', determinedBy: ['x'], failed: [], reasons: [OLD] });

const withheldIn = ({ reasons }: CommandLife): void => {
  assert.equal(reasons.length, 1);
  assert.match(explain(reasons[0]!, { reported: true }), /137/);
  assert.doesNotMatch(explain(reasons[0]!, { reported: false }), /137/);
  assert.doesNotMatch(JSON.stringify(withoutReported(reasons[0]!)), /137/);
};

test('old_texts_are_withheld: a command that version 0.2 refused', () => {
  const lives = [REQUESTED, REFUSED].reduce<readonly CommandLife[]>((known, one) => noteCommandRecord(known, one), []);
  withheldIn(lifeOf(lives, 'c1')!);
});

test('old_texts_are_withheld: one that is replayed', () => {
  const bench = createFleetBench();
  bench.fleet.admitSubject('p1', 'ward-1');
  const replayed = bench.create();
  const replay = replayed.replay();
  [...bench.records, REQUESTED, REFUSED].forEach((one, position) => {
    replay.feed(one, position);
  });
  replay.end();
  withheldIn(replayed.subject('p1')!.commands.at(-1)!);
});

test('old_texts_are_withheld: a finding of version 0.2, which keeps its kind', () => {
  const old = findingOf(
    record('FindingRaised', {
      rule: 'flat-line',
      thing: 'cgm',
      confidence: 'probable',
      statement: 'glucose: `137` mg/dL for `9` readings in a row',
      values: { what: 'flat', glucose: 137, readings: 9 },
    }),
  );
  assert.equal(old.what, 'flat');
  assert.equal(old.reported?.['glucose'], 137);
  assert.doesNotMatch(JSON.stringify(withoutReported(old)), /137/);
});

test('a finding is read as it was recorded', () => {
  const told = { statement: 'glucose: {glucose} mg/dL', values: { withinMin: 5 }, reported: { glucose: 137 } };
  const finding = {
    kind: 'Finding',
    rule: 'r',
    thing: 'cgm',
    at: START,
    confidence: 'certain',
    what: 'w',
    ...told,
  } as const;
  assert.deepEqual(findingOf(record('FindingRaised', bodyOfFinding(finding))), finding);
  const bare = { kind: 'Finding', rule: 'r', thing: 'cgm', at: START, confidence: 'certain', statement: 's' } as const;
  assert.deepEqual(findingOf(record('FindingRaised', bodyOfFinding(bare))), { ...bare, values: {}, reported: {} });
});
