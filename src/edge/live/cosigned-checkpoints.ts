import { equalBytes } from '#base/bytes';
import { type NoteSignature, splitNote } from '#crypto/signed-note';
import type { SignedCheckpoint } from '#mirror/history/history';
import type { Store, StoredCheckpoint } from '../store/store.ts';

/** A witness's signature line, and the text of the checkpoint that it is of. */
export interface Cosignature {
  readonly size: number;
  readonly text: string;
  readonly line: string;
}

/** @throws Fault `note.malformed` */
export const cosignatureOf = ({ size, note }: SignedCheckpoint, line: string): Cosignature => ({
  size,
  text: splitNote(note).text,
  line,
});

/**
 * The stored checkpoints that the cosignatures are of, with them behind their notes. INVARIANT: a line is added to the very
 * text that it is over and once per key, or who verifies the checkpoint would find it false.
 */
export async function cosignedCheckpoints(
  store: Pick<Store, 'checkpoints'>,
  cosignatures: readonly Cosignature[],
): Promise<readonly StoredCheckpoint[]> {
  const changed = new Map<number, StoredCheckpoint>();
  for (const { size, text, line } of cosignatures) {
    const stored = changed.get(size) ?? (await store.checkpoints(size))[0];
    if (stored?.size !== size) continue;
    const kept = splitNote(stored.note);
    const added = splitNote(`${text}\n${line}`).signatures;
    if (kept.text !== text || added.some((one) => kept.signatures.some((other) => isSameKey(one, other)))) continue;
    changed.set(size, { ...stored, note: stored.note + line });
  }
  return [...changed.values()];
}

const isSameKey = (one: NoteSignature, other: NoteSignature): boolean =>
  one.name === other.name && equalBytes(one.keyId, other.keyId);
