import { utf8 } from '#base/bytes';
import { importAeadKey } from '#crypto/aead';
import { BLOCK_LEAVES, createMerkleLog, leafDigest, type MerkleLog } from '#crypto/merkle-log';
import { signingKeyFromSeed } from '#crypto/sign';
import { createNoteSigner, formatCheckpoint, type NoteSigner, signNote } from '#crypto/signed-note';
import type { Commit, StoredBlock, StoredCheckpoint, StoredRecord } from '#edge/store/store';
import { type HistoryRecord, RECORD_KINDS, type RecordKind } from '#mirror/history/record';
import { sealRecord } from '#mirror/history/sealed-record';

export const AT = 1_760_000_000_000;
export const ORIGIN = 'ward.example/history';
const KEY = importAeadKey('A256GCM', new Uint8Array(32).fill(7));
const KINDS = (Object.keys(RECORD_KINDS) as RecordKind[]).slice(0, 5);

export const NOTHING: Commit = {
  records: [],
  blocks: [],
  checkpoints: [],
  secrets: [],
  destroyed: [],
  snapshots: [],
};

/** Both algorithms under the one name of the log, as the platform signs. */
export const SIGNERS: readonly NoteSigner[] = [
  createNoteSigner(ORIGIN, signingKeyFromSeed('Ed25519', new Uint8Array(32).fill(1))),
  createNoteSigner(ORIGIN, signingKeyFromSeed('ML-DSA-65', new Uint8Array(32).fill(2))),
];
export const VERIFIERS = SIGNERS.map(({ verifier }) => verifier);

/** A record as the platform would seal it, from its position alone. */
export function storedRecord(position: number, body = `reading ${position}`): StoredRecord {
  const record: HistoryRecord = {
    kind: KINDS[position % KINDS.length]!,
    subject: `patient-${position % 3}`,
    at: AT + 1_000 * position,
    body,
  };
  const sealed = sealRecord(record, position, 0, KEY);
  const { subject, kind, at } = record;
  return { position, subject, kind, at, sealed, leaf: leafDigest(sealed) };
}

export const records = (from: number, to: number): readonly StoredRecord[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => storedRecord(from + index));

export const commitOf = (from: number, to: number): Commit => ({ ...NOTHING, records: records(from, to) });

export const secret = (name: string, text = `secret of ${name}`) => ({
  name,
  wrapped: utf8(text),
  rootKeyId: 'root-1',
});

export const checkpointOf = (log: MerkleLog, signers = SIGNERS): StoredCheckpoint => ({
  size: log.size,
  at: AT + log.size,
  note: signNote(
    formatCheckpoint({ origin: ORIGIN, size: log.size, root: log.root() }, [`at ${AT + log.size}`]),
    signers,
  ),
});

/** Everything that a history of `size` records keeps, with a checkpoint at each of `sizes`. */
export function historyOf(size: number, sizes: readonly number[]): Commit {
  const log = createMerkleLog();
  const blocks: StoredBlock[] = [];
  const checkpoints: StoredCheckpoint[] = [];
  const all = records(0, size);
  for (const { leaf } of all) {
    log.append(leaf);
    const index = log.size / BLOCK_LEAVES - 1;
    if (Number.isInteger(index)) blocks.push({ index, digest: log.block(index) });
    if (sizes.includes(log.size)) checkpoints.push(checkpointOf(log));
  }
  return { ...NOTHING, records: all, blocks, checkpoints };
}
