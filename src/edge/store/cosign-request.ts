import { Fault } from '#base/fault';
import { DIGEST_BYTES } from '#crypto/digest';
import { NOTE_LIMIT } from '#crypto/signed-note';
import type { CosignRequest } from './witness.ts';

/** Digests of a consistency proof at most (C2SP tlog-witness). */
const PROOF_LIMIT = 63;
/** Greatest request in UTF-16 units. */
export const REQUEST_LIMIT = NOTE_LIMIT + 4_096;

/** The body of `add-checkpoint`: the old size, the proof, an empty line, the note. */
export const formatCosignRequest = ({ oldSize, proof, note }: CosignRequest): string =>
  `old ${oldSize}\n${proof.map((digest) => `${digest.toBase64()}\n`).join('')}\n${note}`;

/** @throws Fault `witness.request` */
export function parseCosignRequest(body: string): CosignRequest {
  const boundary = body.indexOf('\n\n');
  if (body.length > REQUEST_LIMIT || boundary < 0) throw malformed('too long, or without an empty line');
  const [oldLine = '', ...proofLines] = body.slice(0, boundary).split('\n');
  const oldSize = /^old (0|[1-9][0-9]*)$/.exec(oldLine)?.[1];
  if (oldSize === undefined || !Number.isSafeInteger(Number(oldSize)))
    throw malformed('the first line is not `old SIZE`');
  if (proofLines.length > PROOF_LIMIT) throw malformed(`more than ${PROOF_LIMIT} lines of proof`);
  return { oldSize: Number(oldSize), proof: proofLines.map(parseDigest), note: body.slice(boundary + 2) };
}

function parseDigest(line: string): Uint8Array {
  try {
    const digest = Uint8Array.fromBase64(line, { lastChunkHandling: 'strict' });
    if (digest.length === DIGEST_BYTES) return digest;
  } catch {
    // the same answer as for another length
  }
  throw malformed('a line of the proof is no digest in base64');
}

const malformed = (what: string): Fault => new Fault('witness.request', `witness request: ${what}`);
