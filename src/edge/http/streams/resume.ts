import type { Found } from '#edge/live/history-reader';
import type { Change, Live } from '#edge/live/live';
import { PLATFORM_SUBJECT, type Position, type SubjectId } from '#mirror/history/record';
import { STREAMED_KINDS, STREAMED_REGISTRY_KINDS } from './events-of-record.ts';

const PAGE = 500;

/**
 * What was recorded from `from` on, in order, from memory where it reaches back that far and else from history, until there is
 * nothing more: then `caughtUp` is called, before anything else can be recorded, so that nothing is missed between here and a
 * subscription made there.
 */
export async function* changesSince(
  live: Live,
  from: Position,
  subject: SubjectId | undefined,
  caughtUp: () => void,
): AsyncGenerator<Change, void, undefined> {
  let next = from;
  for (;;) {
    const recent = live.changes.since(next);
    if (recent === undefined) {
      const upTo = Math.min(live.changes.next, next + PAGE * PAGE);
      const page = await pageOf(live, next, upTo, subject);
      for (const { position, record } of page.changes) yield { position, record };
      next = page.next;
    } else if (recent.length > 0) {
      yield* recent;
      next = recent.at(-1)!.position + 1;
    } else {
      caughtUp();
      return;
    }
  }
}

/** A page of history about one subject, or about all. Records of the registry are the platform's own and are looked for beside. */
async function pageOf(
  { history }: Live,
  from: Position,
  upTo: Position,
  subject: SubjectId | undefined,
): Promise<{ readonly changes: readonly Change[]; readonly next: Position }> {
  const query = { after: from - 1, before: upTo, limit: PAGE };
  if (subject === undefined) {
    const found = await history.find({ ...query, kinds: STREAMED_KINDS });
    return { changes: readable(found), next: endOf(found, upTo) };
  }
  const own = await history.find({ ...query, subject, kinds: STREAMED_KINDS });
  const next = endOf(own, upTo);
  const registry = await history.find({
    ...query,
    before: next,
    subject: PLATFORM_SUBJECT,
    kinds: STREAMED_REGISTRY_KINDS,
  });
  return registry.length < PAGE
    ? { changes: readable([...own, ...registry]), next }
    : {
        changes: readable([...own, ...registry]).filter(({ position }) => position < endOf(registry, next)),
        next: endOf(registry, next),
      };
}

const endOf = (found: readonly Found[], upTo: Position): Position =>
  found.length < PAGE ? upTo : found.at(-1)!.position + 1;

const readable = (found: readonly Found[]): readonly Change[] =>
  found
    .flatMap((one) => (one.kind === 'read' ? [{ position: one.position, record: one.record }] : []))
    .sort((a, b) => a.position - b.position);
