import { utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { type AeadKey, importAeadKey } from '#crypto/aead';
import { hkdf } from '#crypto/hkdf';
import { randomSecret } from '#crypto/secret';
import type { SubjectId } from '#mirror/history/record';
import { SUBJECT_KEY_BYTES, type SubjectKeys } from '#mirror/history/subject-keys';
import { commandIdOf } from '#model/thing/command-id';

const PREFIX = 'subject/';
const NO_SALT = new Uint8Array(0);

export const secretNameOf = (subject: SubjectId): string => `${PREFIX}${subject}`;

/** Data keys of subjects over secrets that are kept wrapped in the store. */
export interface SubjectSecrets extends SubjectKeys {
  /** The key that the subject's snapshots are sealed under: another one than its records', whose nonces are counted. */
  snapshotKey(subject: SubjectId): AeadKey | undefined;
  /** The name of the subject's command of that number. @throws Fault `history.subject-forgotten` */
  commandId(subject: SubjectId, ordinal: number, at: Millis): string;
  /** Whether history says so. A key that is gone without a word is damage. */
  isForgotten(subject: SubjectId): boolean;
}

export interface SubjectSecretsDeps {
  readonly find: (name: string) => Uint8Array | undefined;
  /** Keeps a new secret; it becomes durable in the same commit as the first record that is sealed under it. */
  readonly keep: (name: string, secret: Uint8Array) => void;
  readonly destroy: (name: string) => void;
  /** INVARIANT: a subject that was forgotten never gets a key again, or what was forgotten could seem to come back. */
  readonly isForgotten: (subject: SubjectId) => boolean;
}

export function createSubjectSecrets({ find, keep, destroy, isForgotten }: SubjectSecretsDeps): SubjectSecrets {
  const keys = new Map<SubjectId, AeadKey>();

  const existing = (subject: SubjectId): AeadKey | undefined => {
    const known = keys.get(subject);
    if (known !== undefined) return known;
    const secret = find(secretNameOf(subject));
    if (secret === undefined) return undefined;
    const key = importAeadKey('A256GCM', secret);
    keys.set(subject, key);
    return key;
  };

  const keyFor = (subject: SubjectId): AeadKey => {
    const known = existing(subject);
    if (known !== undefined) return known;
    if (isForgotten(subject)) {
      throw new Fault('history.subject-forgotten', `history: \`${subject}\` was forgotten; use a new subject id`, {
        subject,
      });
    }
    const secret = randomSecret(SUBJECT_KEY_BYTES);
    keep(secretNameOf(subject), secret);
    const key = importAeadKey('A256GCM', secret);
    keys.set(subject, key);
    return key;
  };

  return {
    find: existing,
    isForgotten,
    keyFor,
    destroy: (subject) => {
      keys.delete(subject);
      destroy(secretNameOf(subject));
    },
    commandId: (subject, ordinal, at) => {
      keyFor(subject);
      return commandIdOf(find(secretNameOf(subject))!, ordinal, at);
    },
    snapshotKey: (subject) => {
      const secret = find(secretNameOf(subject));
      if (secret === undefined) return undefined;
      return importAeadKey('A256GCM', hkdf(secret, NO_SALT, utf8('wardtwin/1 snapshot'), SUBJECT_KEY_BYTES));
    },
  };
}
