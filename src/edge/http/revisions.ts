import type { Live } from '#edge/live/live';
import { PLATFORM_SUBJECT, type Position, type SubjectId } from '#mirror/history/record';
import { subjectOfRecord } from './streams/subject-of-record.ts';

/**
 * What was last recorded about each subject, for entity tags. What was recorded before the server started counts as its start,
 * so that a tag from before it is never taken for one from after; so it is with what a store that failed made undone.
 */
export interface Revisions {
  of(subject: SubjectId): string;
  /** Of what concerns no single subject: the registry, the kill switch. */
  ofPlatform(): string;
}

export function createRevisions(live: Live): Revisions {
  const last = new Map<SubjectId, Position>();
  const start = live.changes.next;
  let openings = 0;
  live.onStatus((status) => {
    if (status === 'open') openings += 1;
  });
  live.changes.subscribe((changes) => {
    for (const { position, record } of changes) {
      if (record.kind === 'MinutePassed') continue;
      const subject = subjectOfRecord(live.fleet.registry, record);
      if (subject !== undefined) last.set(subject, position + 1);
      if (record.subject === PLATFORM_SUBJECT) last.set(PLATFORM_SUBJECT, position + 1);
    }
  });
  const of = (subject: SubjectId): string => `${openings}.${last.get(subject) ?? start}`;
  return { of, ofPlatform: () => of(PLATFORM_SUBJECT) };
}
