import { concat, equalBytes, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { importPublicKey, type PublicKey, type SigningKey, sign, verify } from './sign.ts';
import { formatKeyLine, formatSignatureLine, type NoteSignature, noteKeyId, parseKeyLine } from './signed-note.ts';

/**
 * Cosignatures of a log's checkpoints by witnesses (C2SP tlog-cosignature v1, Ed25519). One says: at that time, this was the
 * largest tree of the log that I have seen, and it begins with every earlier one. The specification prefers ML-DSA-44 for new
 * deployments; our algorithms are Ed25519 and ML-DSA-65, and a witness of others speaks Ed25519 at least.
 */
const COSIGNATURE_TYPE = Uint8Array.of(0x04);
const TIMESTAMP_BYTES = 8;

/** Verifies what one witness cosigned. */
export interface CosignatureVerifier {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly key: PublicKey;
}

/** A witness's key under its name. INVARIANT: the key signs nothing else, and under no other name. */
export interface Cosigner {
  readonly verifier: CosignatureVerifier;
  readonly key: SigningKey;
}

/** @throws Fault `key.unsuitable` for another algorithm than Ed25519 */
export function createCosigner(name: string, key: SigningKey): Cosigner {
  return { verifier: createCosignatureVerifier(name, key.publicKey), key };
}

export function createCosignatureVerifier(name: string, key: PublicKey): CosignatureVerifier {
  if (key.algorithm !== 'Ed25519') {
    throw new Fault('key.unsuitable', `cosignature: key of \`${name}\` is for ${key.algorithm}, needs Ed25519`);
  }
  return { name, keyId: noteKeyId(name, concat(COSIGNATURE_TYPE, key.bytes)), key };
}

export const formatCosignatureKey = ({ name, keyId, key }: CosignatureVerifier): string =>
  formatKeyLine(name, keyId, concat(COSIGNATURE_TYPE, key.bytes));

/** The verifier of a witness's key line, or undefined when the line is of another kind. */
export function parseCosignatureKey(text: string): CosignatureVerifier | undefined {
  const line = parseKeyLine(text);
  if (line === undefined || !equalBytes(line.material.subarray(0, 1), COSIGNATURE_TYPE)) return undefined;
  return createCosignatureVerifier(line.name, importPublicKey('Ed25519', line.material.subarray(1)));
}

/** The signature line for a checkpoint's text, to be put behind its note. `atSeconds`: since the Unix epoch. */
export function cosign(text: string, { verifier, key }: Cosigner, atSeconds: number): string {
  const timestamp = new Uint8Array(TIMESTAMP_BYTES);
  new DataView(timestamp.buffer).setBigUint64(0, BigInt(atSeconds));
  const signature = concat(timestamp, sign(key, messageOf(text, BigInt(atSeconds))));
  return formatSignatureLine({ name: verifier.name, keyId: verifier.keyId, signature });
}

/** Whether a signature line of a note is this verifier's to judge. */
export const isBy = (line: NoteSignature, { name, keyId }: CosignatureVerifier): boolean =>
  line.name === name && equalBytes(line.keyId, keyId);

/** When it was cosigned in seconds since the Unix epoch, or undefined when the cosignature does not verify. */
export function verifyCosignature(text: string, line: NoteSignature, by: CosignatureVerifier): number | undefined {
  if (!isBy(line, by) || line.signature.length <= TIMESTAMP_BYTES) return undefined;
  const { buffer, byteOffset } = line.signature;
  const timestamp = new DataView(buffer, byteOffset).getBigUint64(0);
  if (timestamp > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  const isGenuine = verify(by.key, messageOf(text, timestamp), line.signature.subarray(TIMESTAMP_BYTES));
  return isGenuine ? Number(timestamp) : undefined;
}

const messageOf = (text: string, timestamp: bigint): Uint8Array => utf8(`cosignature/v1\ntime ${timestamp}\n${text}`);
