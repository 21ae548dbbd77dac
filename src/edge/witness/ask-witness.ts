import { Fault } from '#base/fault';
import { type CosignatureVerifier, isBy, verifyCosignature } from '#crypto/cosignature';
import { formatSignatureLine, splitNote } from '#crypto/signed-note';
import type { SignedCheckpoint } from '#mirror/history/history';
import type { Live } from '../live/live.ts';
import { postCheckpoint } from './post-checkpoint.ts';
import type { RemoteWitness } from './remote-witness.ts';

/** What came of asking a witness once. */
export type Asked =
  /** `size`: records that its cosignature is kept over. */
  | { readonly kind: 'cosigned'; readonly size: number }
  /** There is nothing that it has not cosigned. */
  | { readonly kind: 'up-to-date' }
  /** It vouched for a history that is not the beginning of this one: a backup was restored, or one of the two is forged. */
  | { readonly kind: 'contradicted'; readonly size: number; readonly witnessed: number; readonly reason: string }
  /** For another reason: it does not know the log, or is not well. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The parts of a running platform that a witness is asked for. */
export type WitnessedLive = Pick<Live, 'history' | 'cosign'>;

/**
 * Asks one witness to cosign the newest checkpoint, and keeps its cosignature. It is told what follows the last checkpoint
 * that it cosigned; which that was, it says itself when the platform does not know.
 * @throws Fault `witness.*` when nothing came of it, `live.unavailable`
 */
export function createWitnessAsking(
  witness: RemoteWitness,
  live: WitnessedLive,
): (signal: AbortSignal) => Promise<Asked> {
  const { verifier } = witness;
  /** Size of the last checkpoint that it cosigned, as far as it said. */
  let known = 0;

  const submit = async (checkpoint: SignedCheckpoint, signal: AbortSignal) => {
    const { size, note } = checkpoint;
    const proof = known === 0 ? [] : await live.history.proveConsistency(known, size);
    return postCheckpoint(witness, { oldSize: known, proof, note }, signal);
  };

  return async (signal) => {
    const checkpoint = await live.history.latestCheckpoint();
    if (checkpoint === undefined || isCosigned(checkpoint, verifier)) return { kind: 'up-to-date' };
    const { size } = checkpoint;
    const contradicted = (reason: string): Asked => ({ kind: 'contradicted', size, witnessed: known, reason });

    // of more than there is nothing can be proven: it is asked anew what it cosigned
    if (known > size) known = 0;
    let reply = await submit(checkpoint, signal);
    if (reply.kind === 'conflict' && reply.size !== known) {
      known = reply.size;
      if (known <= size) reply = await submit(checkpoint, signal);
    }
    switch (reply.kind) {
      case 'conflict':
        if (known > size) return contradicted('it cosigned more records than there are');
        if (reply.size === size) return contradicted('it cosigned another history of as many records');
        return { kind: 'refused', reason: 'it does not take the size that it names itself' };
      case 'refused':
        if (reply.status === 422) return contradicted('it cosigned records that are not in this history');
        return { kind: 'refused', reason: `${reply.status} ${reply.reason}` };
      case 'cosigned':
        await live.cosign(checkpoint, cosignatureIn(reply.lines, checkpoint, verifier));
        known = size;
        return { kind: 'cosigned', size };
    }
  };
}

const isCosigned = ({ note }: SignedCheckpoint, verifier: CosignatureVerifier): boolean =>
  splitNote(note).signatures.some((line) => isBy(line, verifier));

/**
 * The line that is the witness's own and right. INVARIANT: nothing else of an answer is kept: one wrong line, or one of a key
 * that nobody knows, would make the checkpoint look forged.
 * @throws Fault `witness.answer`
 */
function cosignatureIn(lines: string, { note }: SignedCheckpoint, verifier: CosignatureVerifier): string {
  const { text } = splitNote(note);
  const right = signaturesIn(text, lines).find((line) => verifyCosignature(text, line, verifier) !== undefined);
  if (right !== undefined) return formatSignatureLine(right);
  throw new Fault('witness.answer', `witness: what \`${verifier.name}\` answers is no cosignature by its key`);
}

function signaturesIn(text: string, lines: string): ReturnType<typeof splitNote>['signatures'] {
  try {
    return splitNote(`${text}\n${lines}`).signatures;
  } catch (error) {
    if (error instanceof Fault) return [];
    throw error;
  }
}
