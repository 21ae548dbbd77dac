import { Fault } from '#base/fault';
import { DIGEST_BYTES } from '#crypto/digest';
import { leafDigest, verifyInclusion } from '#crypto/merkle-log';
import { NOTE_LIMIT } from '#crypto/signed-note';
import type { Position } from '#mirror/history/record';
import { headerOf, RECORD_LIMIT, type RecordHeader } from '#mirror/history/sealed-record';
import { checkNote, type TrustedKeys } from './check-note.ts';

/** That a sealed record is in a signed history (C2SP tlog-proof). The record goes along as the extra data. */
export interface RecordProof {
  readonly position: Position;
  readonly sealed: Uint8Array;
  /** Inclusion path from the leaf up (RFC 6962, 2.1.1). */
  readonly path: readonly Uint8Array[];
  readonly note: string;
}

/** Digests of a path at most: a tree of 2^63 leaves. */
const PATH_LIMIT = 63;
const EXTRA_LIMIT = Math.ceil(RECORD_LIMIT / 3) * 4;
/** Greatest proof in UTF-16 units. */
export const PROOF_LIMIT = EXTRA_LIMIT + NOTE_LIMIT + 8_192;

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';

export const formatRecordProof = ({ position, sealed, path, note }: RecordProof): string =>
  [
    FIRST_LINE,
    `extra ${sealed.toBase64()}`,
    `index ${position}`,
    ...path.map((digest) => digest.toBase64()),
    '',
    note,
  ].join('\n');

/** @throws Fault `proof.malformed` */
export function parseRecordProof(text: string): RecordProof {
  const boundary = text.indexOf('\n\n');
  if (text.length > PROOF_LIMIT || boundary < 0) throw malformed('too long, or without an empty line');
  const [first, extra = '', index = '', ...path] = text.slice(0, boundary).split('\n');
  const sealed = extra.startsWith('extra ') ? fromBase64(extra.slice('extra '.length)) : undefined;
  const position = /^index (0|[1-9][0-9]*)$/.exec(index)?.[1];
  if (first !== FIRST_LINE || sealed === undefined)
    throw malformed(`not a \`${FIRST_LINE}\` with its record as \`extra\``);
  if (position === undefined || !Number.isSafeInteger(Number(position))) throw malformed('there is no `index`');
  if (path.length > PATH_LIMIT) throw malformed(`more than ${PATH_LIMIT} lines of proof`);
  return { position: Number(position), sealed, path: path.map(asDigest), note: text.slice(boundary + 2) };
}

/** What a proof shows: that this record, with this header, is in the history of `origin`. */
export type RecordProofVerdict =
  | {
      readonly kind: 'intact';
      readonly origin: string;
      readonly size: number;
      readonly header: RecordHeader;
      readonly extensions: readonly string[];
      readonly cosignedBy: readonly string[];
    }
  | { readonly kind: 'tampered'; readonly what: 'record' | 'checkpoint'; readonly reason: string };

/** Verifies with public keys alone. */
export function verifyRecordProof(
  { position, sealed, path, note }: RecordProof,
  keys: TrustedKeys,
): RecordProofVerdict {
  const check = checkNote(note, keys);
  if (check.kind === 'false') return { kind: 'tampered', what: 'checkpoint', reason: check.reason };
  const { checkpoint, extensions, cosignedBy } = check;
  const { origin, size, root } = checkpoint;
  if (!verifyInclusion(leafDigest(sealed), position, size, path, root)) {
    return { kind: 'tampered', what: 'record', reason: `the checkpoint is not over this as record ${position}` };
  }
  const header = headerOf(sealed);
  if (header?.position !== position) {
    return { kind: 'tampered', what: 'record', reason: `it was not sealed as record ${position}` };
  }
  return { kind: 'intact', origin, size, header, extensions, cosignedBy };
}

function asDigest(line: string): Uint8Array {
  const digest = fromBase64(line);
  if (digest?.length !== DIGEST_BYTES) throw malformed('a line of the proof is no digest in base64');
  return digest;
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' });
  } catch {
    return undefined;
  }
}

const malformed = (what: string): Fault => new Fault('proof.malformed', `proof: ${what}`);
