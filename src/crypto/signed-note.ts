import { concat, equalBytes, toHex, utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { DIGEST_BYTES, sha256 } from './digest.ts';
import { importPublicKey, type PublicKey, type SignatureAlgorithm, type SigningKey, sign, verify } from './sign.ts';

/** Greatest length of a note in UTF-16 units: sixteen ML-DSA-65 signatures and a checkpoint fit. */
export const NOTE_LIMIT = 100_000;

/**
 * Signature types of C2SP signed notes. ML-DSA-65 has no assigned byte: as the specification recommends, 0xff and a longer
 * identifier.
 */
const SIGNATURE_TYPES: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  Ed25519: Uint8Array.of(0x01),
  'ML-DSA-65': concat(Uint8Array.of(0xff), utf8('wardtwin/ml-dsa-65')),
};

const KEY_ID_BYTES = 4;
const KEY_NAME = /^[^\s+\p{White_Space}\p{Cc}]+$/u;

/** Verifies the signature lines of one named key. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly key: PublicKey;
}

/** Signs notes under a name. */
export interface NoteSigner {
  readonly verifier: NoteVerifier;
  readonly key: SigningKey;
}

/** @throws Fault `note.key-name` when the name is empty or holds a space or `+` */
export function createNoteVerifier(name: string, key: PublicKey): NoteVerifier {
  if (!KEY_NAME.test(name))
    throw new Fault('note.key-name', `note: key name \`${name}\` is empty or holds a space or +`);
  const keyId = sha256(concat(utf8(name), Uint8Array.of(0x0a), SIGNATURE_TYPES[key.algorithm], key.bytes));
  return { name, keyId: keyId.slice(0, KEY_ID_BYTES), key };
}

export const createNoteSigner = (name: string, key: SigningKey): NoteSigner => ({
  verifier: createNoteVerifier(name, key.publicKey),
  key,
});

/** The verifier key as one line of text, to be handed to whoever checks the notes. */
export const formatVerifierKey = ({ name, keyId, key }: NoteVerifier): string =>
  `${name}+${toHex(keyId)}+${concat(SIGNATURE_TYPES[key.algorithm], key.bytes).toBase64()}`;

/** @throws Fault `note.verifier-key` */
export function parseVerifierKey(text: string): NoteVerifier {
  const [name = '', keyId = '', ...rest] = text.split('+');
  const material = fromBase64(rest.join('+'));
  if (material !== undefined) {
    for (const algorithm of Object.keys(SIGNATURE_TYPES) as SignatureAlgorithm[]) {
      const type = SIGNATURE_TYPES[algorithm];
      if (!equalBytes(material.subarray(0, type.length), type)) continue;
      const verifier = createNoteVerifier(name, importPublicKey(algorithm, material.subarray(type.length)));
      if (toHex(verifier.keyId) === keyId) return verifier;
    }
  }
  throw new Fault('note.verifier-key', `note: \`${text}\` is not a verifier key (name+key id+key)`);
}

/** Signs `text` with each signer. @throws Fault `note.malformed` when the text cannot be a note's */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  requireText(text);
  const lines = signers.map(({ verifier, key }) => {
    const signature = concat(verifier.keyId, sign(key, utf8(text))).toBase64();
    return `\u2014 ${verifier.name} ${signature}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** A note's text, and the names of the keys that signed it. */
export interface OpenedNote {
  readonly text: string;
  readonly verifiedBy: readonly NoteVerifier[];
}

/**
 * The text of a note that at least one of `verifiers` signed. Signatures of other keys are ignored.
 * @throws Fault `note.malformed`, `note.bad-signature` (of a known key), `note.unverified` (no known key signed)
 */
export function openNote(note: string, verifiers: readonly NoteVerifier[]): OpenedNote {
  if (note.length > NOTE_LIMIT) throw malformed(`longer than ${NOTE_LIMIT}`);
  const boundary = note.lastIndexOf('\n\n');
  if (boundary < 0 || !note.endsWith('\n')) throw malformed('no blank line before the signatures');
  const text = note.slice(0, boundary + 1);
  requireText(text);
  const lines = note.slice(boundary + 2, -1).split('\n');
  const verifiedBy: NoteVerifier[] = [];
  for (const line of lines) {
    const { name, keyId, signature } = parseSignatureLine(line);
    const verifier = verifiers.find((known) => known.name === name && equalBytes(known.keyId, keyId));
    if (verifier === undefined) continue;
    if (!verify(verifier.key, utf8(text), signature)) {
      throw new Fault('note.bad-signature', `note: the signature of \`${name}\` does not verify`, { name });
    }
    if (!verifiedBy.includes(verifier)) verifiedBy.push(verifier);
  }
  if (verifiedBy.length === 0) throw new Fault('note.unverified', 'note: no known key signed it');
  return { text, verifiedBy };
}

function parseSignatureLine(line: string): { name: string; keyId: Uint8Array; signature: Uint8Array } {
  const match = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/.exec(line);
  const bytes = fromBase64(match?.[2] ?? '');
  const name = match?.[1];
  if (bytes === undefined || name === undefined || !KEY_NAME.test(name) || bytes.length <= KEY_ID_BYTES) {
    throw malformed(`\`${line}\` is not a signature line`);
  }
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

function requireText(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (!text.endsWith('\n') || /[\0-\x09\x0b-\x1f]/.test(text) || !text.isWellFormed()) {
    throw malformed('the text does not end in a newline, or holds a control character');
  }
}

/** Undefined unless `text` is the one standard base64 form of some bytes. */
function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' });
  } catch {
    return undefined;
  }
}

const malformed = (what: string): Fault => new Fault('note.malformed', `note: ${what}`);

/** What a C2SP tlog checkpoint states: the log of this name had this many records and this root. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** The text of a checkpoint, to be signed as a note. */
export function formatCheckpoint({ origin, size, root }: Checkpoint, extensions: readonly string[] = []): string {
  return [origin, String(size), root.toBase64(), ...extensions].map((line) => `${line}\n`).join('');
}

/** The checkpoint and its extension lines. @throws Fault `note.malformed` */
export function parseCheckpoint(text: string): {
  readonly checkpoint: Checkpoint;
  readonly extensions: readonly string[];
} {
  if (!text.endsWith('\n')) throw malformed('a checkpoint ends in a newline');
  const [origin, sizeText, rootText, ...extensions] = text.slice(0, -1).split('\n');
  const size = /^(0|[1-9][0-9]*)$/.test(sizeText ?? '') ? Number(sizeText) : Number.NaN;
  const root = fromBase64(rootText ?? '');
  if (!origin || !Number.isSafeInteger(size) || root?.length !== DIGEST_BYTES || extensions.includes('')) {
    throw malformed('not a checkpoint: origin, size and root, each on its line');
  }
  return { checkpoint: { origin, size, root }, extensions };
}
