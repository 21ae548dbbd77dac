import { equalBytes } from '#base/bytes';
import { Fault } from '#base/fault';
import { type Cosigner, cosign } from '#crypto/cosignature';
import { verifyConsistency } from '#crypto/merkle-log';
import { type Checkpoint, type NoteVerifier, openNote, parseCheckpoint } from '#crypto/signed-note';
import { missingAlgorithm } from './check-note.ts';

/** Asks a witness to cosign (C2SP tlog-witness, `add-checkpoint`). */
export interface CosignRequest {
  /** Of the last checkpoint that the witness cosigned, as far as the log knows; 0 at first. */
  readonly oldSize: number;
  /** Consistency of that one with the one in `note` (RFC 6962, 2.1.2); empty when `oldSize` is 0. */
  readonly proof: readonly Uint8Array[];
  readonly note: string;
}

/** What a witness answers, and the status of tlog-witness for it. A conflict tells the size that it knows. */
export type CosignAnswer =
  | { readonly kind: 'cosigned'; readonly status: 200; readonly lines: string }
  | { readonly kind: 'conflict'; readonly status: 409; readonly size: number }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 404 | 422; readonly reason: string };

/** The last checkpoint of each log that a witness cosigned. */
export interface WitnessMemory {
  last(origin: string): WitnessedCheckpoint | undefined;
  /** Returns once it is durable. @throws Fault `witness.memory` */
  keep(origin: string, checkpoint: WitnessedCheckpoint): void;
}

export interface WitnessedCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
}

export interface WitnessDeps {
  /** The logs that are witnessed, by the origin of their checkpoints, each with its keys: of each algorithm one must have signed. */
  readonly logs: ReadonlyMap<string, readonly NoteVerifier[]>;
  readonly cosigner: Cosigner;
  readonly memory: WitnessMemory;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/**
 * A witness: remembers the largest tree of each log that it has seen, and cosigns only what begins with it. Two histories
 * cannot both be cosigned, so a platform cannot show one past to one auditor and another to the next.
 *
 * INVARIANT: looking up the last checkpoint, judging the new one and keeping it is one synchronous step, and a cosignature
 * leaves only after its checkpoint is kept.
 */
export function createWitness({ logs, cosigner, memory, now }: WitnessDeps): (request: CosignRequest) => CosignAnswer {
  return ({ oldSize, proof, note }) => {
    const opened = openSigned(note, logs);
    if (opened.kind === 'refused') return opened;
    const { text, checkpoint } = opened;
    const { origin, size, root } = checkpoint;
    if (oldSize > size) return refused(400, `the checkpoint is over ${size} records, the old one over ${oldSize}`);
    const last = memory.last(origin) ?? { size: 0, root: undefined };
    if (last.size !== oldSize) return { kind: 'conflict', status: 409, size: last.size };
    if (last.size === size && last.root !== undefined && !equalBytes(last.root, root)) {
      return { kind: 'conflict', status: 409, size: last.size };
    }
    if (!isConsistent(last, checkpoint, proof)) return refused(422, 'the checkpoint does not begin with the last one');
    memory.keep(origin, { size, root });
    return { kind: 'cosigned', status: 200, lines: cosign(text, cosigner, Math.floor(now() / 1_000)) };
  };
}

const refused = (status: 400 | 403 | 404 | 422, reason: string): CosignAnswer & { kind: 'refused' } => ({
  kind: 'refused',
  status,
  reason,
});

type Opened =
  | { readonly kind: 'opened'; readonly text: string; readonly checkpoint: Checkpoint }
  | (CosignAnswer & { kind: 'refused' });

function openSigned(note: string, logs: WitnessDeps['logs']): Opened {
  const { origin } = readOrigin(note);
  const verifiers = origin === undefined ? undefined : logs.get(origin);
  if (verifiers === undefined) return refused(404, 'the log is not one that is witnessed here');
  try {
    const { text, verifiedBy } = openNote(note, verifiers);
    const missing = missingAlgorithm(verifiers, new Set(verifiedBy));
    if (missing !== undefined) return refused(403, `no ${missing} key of the log signed it`);
    return { kind: 'opened', text, checkpoint: parseCheckpoint(text).checkpoint };
  } catch (error) {
    if (error instanceof Fault) return refused(error.code === 'note.malformed' ? 400 : 403, error.message);
    throw error;
  }
}

/** The first line of a note, by which the keys are chosen that then have to verify all of it. */
const readOrigin = (note: string): { readonly origin: string | undefined } => ({ origin: note.split('\n', 1)[0] });

function isConsistent(
  last: { readonly size: number; readonly root: Uint8Array | undefined },
  { size, root }: Checkpoint,
  proof: readonly Uint8Array[],
): boolean {
  // every tree begins with the empty one; there is nothing to prove, and nothing must pretend to
  if (last.size === 0 || last.root === undefined) return proof.length === 0;
  return verifyConsistency(last.size, last.root, size, root, proof);
}
