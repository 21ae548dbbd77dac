import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STREAMED_KINDS } from '#edge/http/streams/events-of-record';
import { changesSince } from '#edge/http/streams/resume';
import { createChangeFeed } from '#edge/live/change-feed';
import type { Found, HistoryQuery } from '#edge/live/history-reader';
import type { Change, Live } from '#edge/live/live';
import { type HistoryRecord, PLATFORM_SUBJECT, type RecordKind } from '#mirror/history/record';

/** Records of one page of history, as `PAGE` of it. */
const PAGE = 500;

type Row = Change & { readonly isForgotten?: boolean };

const recordOf = (kind: RecordKind, subject: string, body: HistoryRecord['body'] = {}): HistoryRecord => ({
  kind,
  subject,
  at: 0,
  body,
});

/** A history of which memory holds what came from `memoryFrom` on. */
function historyOf(rows: readonly Row[], end: number, memoryFrom: number) {
  const changes = createChangeFeed();
  changes.startAt(memoryFrom);
  const byPosition = new Map(rows.map((row) => [row.position, row]));
  for (let position = memoryFrom; position < end; position += 1) {
    changes.publish([byPosition.get(position) ?? { position, record: recordOf('SignedIn', 'account/a') }]);
  }
  const queries: HistoryQuery[] = [];
  const find = async (query: HistoryQuery): Promise<readonly Found[]> => {
    queries.push(query);
    const { subject, kinds, after = -1, before = Number.POSITIVE_INFINITY, limit } = query;
    return rows
      .filter(
        ({ position, record }) =>
          position > after &&
          position < before &&
          (subject === undefined || record.subject === subject) &&
          (kinds === undefined || kinds.includes(record.kind)),
      )
      .slice(0, limit)
      .map(({ position, record, isForgotten }) =>
        isForgotten === true
          ? { kind: 'forgotten', position, recordKind: record.kind, subject: record.subject, at: 0 }
          : { kind: 'read', position, record },
      );
  };
  const live = { changes, history: { find } } as unknown as Live;
  return { live, changes, queries };
}

async function resumed(live: Live, from: number, subject?: string) {
  const told: number[] = [];
  let caughtUp = 0;
  for await (const { position, record } of changesSince(live, from, subject, () => {
    caughtUp += 1;
  })) {
    assert.equal(caughtUp, 0, 'nothing is told after it was said that there is no more');
    if (STREAMED_KINDS.includes(record.kind)) told.push(position);
  }
  assert.equal(caughtUp, 1);
  return told;
}

/** Whose a row is to the one who asks. */
const concerns = ({ record }: Row, subject: string | undefined): boolean =>
  STREAMED_KINDS.includes(record.kind) &&
  (subject === undefined || record.subject === subject || record.subject === PLATFORM_SUBJECT);

function expectedOf(rows: readonly Row[], from: number, subject?: string): readonly number[] {
  return rows
    .filter((row) => row.position >= from && row.isForgotten !== true && concerns(row, subject))
    .map(({ position }) => position);
}

/** What of the platform's own records concerns another subject is sorted out later. */
const ofSubject = (rows: readonly Row[], told: readonly number[], subject: string): readonly number[] => {
  const wanted = new Set(rows.filter((row) => concerns(row, subject)).map(({ position }) => position));
  return told.filter((position) => wanted.has(position));
};

/** A history with all sorts in it, more than a page of each. */
const MIXED: readonly Row[] = Array.from({ length: 2_600 }, (_, position): Row => {
  switch (position % 5) {
    case 0:
      return { position, record: recordOf('MessageReceived', 'p1') };
    case 1:
      return { position, record: recordOf('MessageReceived', 'p2') };
    case 2:
      return { position, record: recordOf('DeviceConnected', PLATFORM_SUBJECT, { thing: 'p1-cgm' }) };
    case 3:
      return { position, record: recordOf('AccessPermitted', 'account/a') };
    default:
      return { position, record: recordOf('FindingRaised', 'p1'), isForgotten: position % 10 === 9 };
  }
});

test('resumed_beyond_memory: what memory does not reach back to comes from history, whole, once and in order', async () => {
  const end = MIXED.length;
  for (const memoryFrom of [0, 777, end]) {
    for (const from of [0, 1, 776, 777, end - 1, end]) {
      for (const subject of [undefined, 'p1', 'nobody']) {
        const { live, queries } = historyOf(MIXED, end, memoryFrom);
        const told = await resumed(live, from, subject);
        const what = `from ${from} of ${subject}, memory from ${memoryFrom}`;
        const own = subject === undefined ? told : ofSubject(MIXED, told, subject);
        // memory still knows what its subject was forgotten with since
        const forgotten = MIXED.filter(({ position, isForgotten }) => isForgotten === true && position >= memoryFrom);
        const also = new Set(forgotten.map(({ position }) => position));
        assert.deepEqual(
          own.filter((position) => !also.has(position)),
          expectedOf(MIXED, from, subject).filter((position) => !also.has(position)),
          what,
        );
        assert.equal(queries.length > 0, from < memoryFrom, what);
        assert.ok(
          queries.every(({ limit }) => limit === PAGE),
          what,
        );
      }
    }
  }
});

test('what a subject was admitted and forgotten with is told when it comes from history, as it is from memory', async () => {
  const rows: readonly Row[] = [
    { position: 0, record: recordOf('SubjectAdmitted', PLATFORM_SUBJECT, { subject: 'p1' }) },
    { position: 1, record: recordOf('EnrolmentOffered', PLATFORM_SUBJECT, { thing: 'p1-cgm' }) },
    { position: 2, record: recordOf('ThingEnrolled', PLATFORM_SUBJECT, { thing: 'p1-cgm' }) },
    { position: 3, record: recordOf('EnrolmentRevoked', PLATFORM_SUBJECT, { thing: 'p1-cgm' }) },
    { position: 4, record: recordOf('DeviceConnected', PLATFORM_SUBJECT, { thing: 'p1-cgm' }) },
    { position: 5, record: recordOf('DeviceDisconnected', PLATFORM_SUBJECT, { thing: 'p1-cgm' }) },
    { position: 6, record: recordOf('TwinCommissioned', 'p1') },
    { position: 7, record: recordOf('SubjectForgotten', PLATFORM_SUBJECT, { subject: 'p1' }) },
  ];
  for (const memoryFrom of [0, 8]) {
    const { live } = historyOf(rows, 8, memoryFrom);
    assert.deepEqual(await resumed(live, 0, 'p1'), [0, 1, 2, 3, 4, 5, 6, 7], `memory from ${memoryFrom}`);
  }
});

test('a page that is full of the registry, or of the subject, loses nothing of the other', async () => {
  const many = (count: number, from: number, kind: RecordKind, subject: string): readonly Row[] =>
    Array.from({ length: count }, (_, index) => ({ position: from + index, record: recordOf(kind, subject) }));
  for (const [own, registry] of [
    [PAGE - 1, 3],
    [PAGE, 3],
    [PAGE + 1, 3],
    [3, PAGE - 1],
    [3, PAGE],
    [3, PAGE + 1],
    [PAGE + 1, 2 * PAGE + 1],
  ] as const) {
    const halves = many(registry, own, 'DeviceConnected', PLATFORM_SUBJECT);
    const late = many(2, own + registry, 'MessageReceived', 'p1');
    for (const rows of [
      [...many(own, 0, 'MessageReceived', 'p1'), ...halves, ...late],
      [
        ...many(registry, 0, 'DeviceConnected', PLATFORM_SUBJECT),
        ...many(own, registry, 'MessageReceived', 'p1'),
        ...late,
      ],
    ]) {
      const { live } = historyOf(rows, rows.length, rows.length);
      const told = await resumed(live, 0, 'p1');
      assert.deepEqual(
        told,
        rows.map(({ position }) => position),
        `${own} and ${registry}`,
      );
    }
  }
});

test('a long history in which little happened is gone through in steps, and each record of it is found', async () => {
  const STEP = PAGE * PAGE;
  const places = [0, STEP - 1, STEP, STEP + 1, 2 * STEP, 2 * STEP + 7];
  const rows = places.map((position): Row => ({ position, record: recordOf('MessageReceived', 'p1') }));
  const end = 2 * STEP + 10;
  for (const subject of [undefined, 'p1']) {
    const { live, queries } = historyOf(rows, end, end);
    assert.deepEqual(await resumed(live, 0, subject), places);
    const steps = queries.filter(({ subject: of }) => of !== PLATFORM_SUBJECT).map(({ before }) => before);
    assert.deepEqual(steps, [STEP, 2 * STEP, end]);
  }
});

test('what is recorded while it is read is told too', async () => {
  const rows = MIXED.slice(0, 10);
  const { live, changes } = historyOf(rows, 10, 10);
  const told: number[] = [];
  let isOver = false;
  for await (const { position } of changesSince(live, 0, undefined, () => {
    isOver = true;
  })) {
    told.push(position);
    if (position === 5) changes.publish([{ position: 10, record: recordOf('MessageReceived', 'p1') }]);
    if (position === 10) changes.publish([{ position: 11, record: recordOf('MessageReceived', 'p1') }]);
    assert.ok(!isOver);
  }
  assert.deepEqual(told.slice(-2), [10, 11]);
});
