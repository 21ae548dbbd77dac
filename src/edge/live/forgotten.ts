import type { CborObject } from '#base/canonical';
import type { SubjectId } from '#mirror/history/record';
import type { Fleet } from '#platform/fleet/fleet';
import type { Store } from '../store/store.ts';
import type { Shelf } from './shelf.ts';
import { readStored } from './stored-history.ts';
import { createSubjectSecrets, type SubjectSecrets } from './subject-secrets.ts';

const PAGE = 5_000;

/** Who was forgotten, as history tells. */
export async function forgottenIn(store: Store, shelf: Shelf): Promise<Set<SubjectId>> {
  const forgotten = new Set<SubjectId>();
  const keys = createSubjectSecrets({ ...shelf, isForgotten: () => true });
  let after = -1;
  for (;;) {
    const page = await store.find({ kinds: ['SubjectForgotten'], after, limit: PAGE });
    for (const stored of page) {
      const found = readStored(stored, keys);
      if (found.kind === 'read') forgotten.add(String((found.record.body as CborObject)['subject']));
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return forgotten;
    after = last.position;
  }
}

/** The data key of a subject, and what its devices share with the platform: gone with the next commit. */
export function destroyKeysOf(
  subject: SubjectId,
  {
    fleet,
    shelf,
    subjectSecrets,
  }: { readonly fleet: Fleet; readonly shelf: Shelf; readonly subjectSecrets: SubjectSecrets },
): void {
  subjectSecrets.destroy(subject);
  for (const { thing } of fleet.registry.thingsOf(subject)) {
    for (const name of shelf.names(`thing/${thing}/`)) shelf.destroy(name);
  }
}
