import { Fault } from '#base/fault';
import { type CosignatureVerifier, parseCosignatureKey } from '#crypto/cosignature';
import { type NoteVerifier, parseVerifierKey } from '#crypto/signed-note';
import type { TrustedKeys } from './check-note.ts';

/** Verifier keys that are read at most. */
const KEY_LIMIT = 100;

/**
 * Reads verifier keys, one per line, of logs and of witnesses; empty lines and those that begin with `#` are passed over.
 * @throws Fault `note.verifier-key`; `note.no-key` when there is none of a log
 */
export function parseTrustedKeys(text: string): TrustedKeys & { readonly witnesses: readonly CosignatureVerifier[] } {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).slice(0, KEY_LIMIT);
  const verifiers: NoteVerifier[] = [];
  const witnesses: CosignatureVerifier[] = [];
  for (const key of new Set(keys)) {
    const witness = parseCosignatureKey(key);
    if (witness === undefined) verifiers.push(parseVerifierKey(key));
    else witnesses.push(witness);
  }
  if (verifiers.length === 0) throw new Fault('note.no-key', 'verifier keys: there is none of a log');
  return { verifiers, witnesses };
}
