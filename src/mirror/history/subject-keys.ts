import { Fault } from '#base/fault';
import { type AeadKey, importAeadKey } from '#crypto/aead';
import type { SubjectId } from './record.ts';

export const SUBJECT_KEY_BYTES = 32;

/**
 * One data key per subject. Destroying it is what forgetting means: the sealed records stay where they are and prove what
 * they proved, and nobody can read them again.
 */
export interface SubjectKeys {
  /** The subject's key, made on first use. @throws Fault `history.subject-forgotten` */
  keyFor(subject: SubjectId): AeadKey;
  /** The key if there is one, never making it. */
  find(subject: SubjectId): AeadKey | undefined;
  destroy(subject: SubjectId): void;
}

/**
 * Data keys in memory. `newKey` gives 32 bytes for a subject: fresh randomness live, `random.fork(subject)` in an exercise.
 * INVARIANT: live, `newKey` must not be able to give a destroyed key a second time.
 */
export function createSubjectKeys(newKey: (subject: SubjectId) => Uint8Array): SubjectKeys {
  const keys = new Map<SubjectId, AeadKey>();
  const forgotten = new Set<SubjectId>();
  return {
    keyFor: (subject) => {
      const existing = keys.get(subject);
      if (existing !== undefined) return existing;
      // a new key under an old name would make "forgotten" untrue for what follows and unclear for what came before
      if (forgotten.has(subject)) {
        throw new Fault('history.subject-forgotten', `history: \`${subject}\` was forgotten; use a new subject id`, {
          subject,
        });
      }
      const key = importAeadKey('A256GCM', newKey(subject));
      keys.set(subject, key);
      return key;
    },
    find: (subject) => keys.get(subject),
    destroy: (subject) => {
      keys.delete(subject);
      forgotten.add(subject);
    },
  };
}
