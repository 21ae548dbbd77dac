import { existsSync, readFileSync } from 'node:fs';
import { type CosignatureVerifier, formatCosignatureKey, parseCosignatureKey } from '#crypto/cosignature';
import { formatVerifierKey, type NoteVerifier } from '#crypto/signed-note';
import { PUBLIC, replaceFile } from '../machine/durable-file.ts';

export interface VerifierKeys {
  readonly verifiers: readonly NoteVerifier[];
  readonly witnesses: readonly CosignatureVerifier[];
}

/** Keys of earlier witnesses that are kept, newest first. */
const MOST_EARLIER = 64;

/**
 * Writes the keys that history is verified with: the log's own, and those of its witnesses. INVARIANT: the key of a witness
 * stays when it is asked no longer, because what it cosigned stays, and a line of an unknown key makes a checkpoint look forged.
 */
export function keepVerifierKeys(path: string, { verifiers, witnesses }: VerifierKeys): void {
  const asked = witnesses.map(formatCosignatureKey);
  const earlier = (existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [])
    .filter((line) => isCosignatureKey(line) && !asked.includes(line))
    .slice(0, MOST_EARLIER);
  const lines = [...verifiers.map(formatVerifierKey), ...asked, ...earlier];
  replaceFile(path, lines.map((line) => `${line}\n`).join(''), PUBLIC);
}

function isCosignatureKey(line: string): boolean {
  try {
    return parseCosignatureKey(line) !== undefined;
  } catch {
    return false;
  }
}
