import type { CborObject } from '#base/canonical';
import { type HistoryRecord, PLATFORM_SUBJECT, type SubjectId } from '#mirror/history/record';
import type { Registry } from '#platform/fleet/registry';

/** Whom a record concerns: records of the registry are the platform's own, but each is about somebody's device. */
export function subjectOfRecord(registry: Registry, { subject, body }: HistoryRecord): SubjectId | undefined {
  if (subject !== PLATFORM_SUBJECT) return subject;
  if (typeof body !== 'object' || body === null) return undefined;
  const { subject: named, thing } = body as CborObject;
  if (typeof named === 'string') return named;
  return typeof thing === 'string' ? registry.things.get(thing)?.subject : undefined;
}
