import { Fault } from '#base/fault';
import type { NoteVerifier } from '#crypto/signed-note';
import { parseTrustedKeys } from '../store/trusted-keys.ts';

/** A file of verifier keys, and what is in it. */
export interface KeyFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Logs to witness by their origin, which is the name of their keys; one file per log. Keys of witnesses in it are passed over.
 * @throws Fault `witness.logs`, `note.*`
 */
export function witnessedLogs(files: readonly KeyFile[]): ReadonlyMap<string, readonly NoteVerifier[]> {
  const logs = new Map<string, readonly NoteVerifier[]>();
  for (const { path, text } of files) {
    const { verifiers } = parseTrustedKeys(text);
    const names = new Set(verifiers.map(({ name }) => name));
    const [origin] = names;
    if (origin === undefined || names.size > 1 || logs.has(origin)) {
      throw new Fault('witness.logs', `--log-key: \`${path}\` has to hold the keys of one log, under its one name`, {
        path,
      });
    }
    logs.set(origin, verifiers);
  }
  return logs;
}
