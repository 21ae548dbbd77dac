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
  return { name, keyId: noteKeyId(name, concat(SIGNATURE_TYPES[key.algorithm], key.bytes)), key };
}

/** The first bytes of the digest of a key's name and material, which is its signature type and its public key. */
export const noteKeyId = (name: string, material: Uint8Array): Uint8Array =>
  sha256(concat(utf8(name), Uint8Array.of(0x0a), material)).slice(0, KEY_ID_BYTES);

export const createNoteSigner = (name: string, key: SigningKey): NoteSigner => ({
  verifier: createNoteVerifier(name, key.publicKey),
  key,
});

/** The verifier key as one line of text, to be handed to whoever checks the notes. */
export const formatVerifierKey = ({ name, keyId, key }: NoteVerifier): string =>
  formatKeyLine(name, keyId, concat(SIGNATURE_TYPES[key.algorithm], key.bytes));

/** Name, key id and key material on one line (`vkey` of C2SP signed-note). */
export const formatKeyLine = (name: string, keyId: Uint8Array, material: Uint8Array): string =>
  `${name}+${toHex(keyId)}+${material.toBase64()}`;

/** The parts of such a line, or undefined when it is none, or its key id is not that of name and material. */
export function parseKeyLine(text: string): { readonly name: string; readonly material: Uint8Array } | undefined {
  const [name = '', keyId = '', ...rest] = text.split('+');
  const material = fromBase64(rest.join('+'));
  if (material === undefined || !KEY_NAME.test(name)) return undefined;
  return toHex(noteKeyId(name, material)) === keyId ? { name, material } : undefined;
}

/** @throws Fault `note.verifier-key` */
export function parseVerifierKey(text: string): NoteVerifier {
  const line = parseKeyLine(text);
  for (const algorithm of Object.keys(SIGNATURE_TYPES) as SignatureAlgorithm[]) {
    const type = SIGNATURE_TYPES[algorithm];
    if (line === undefined || !equalBytes(line.material.subarray(0, type.length), type)) continue;
    return createNoteVerifier(line.name, importPublicKey(algorithm, line.material.subarray(type.length)));
  }
  throw new Fault('note.verifier-key', `note: \`${text}\` is not a verifier key (name+key id+key)`);
}

/** Signs `text` with each signer. @throws Fault `note.malformed` when the text cannot be a note's */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  requireText(text);
  const lines = signers.map(({ verifier, key }) => {
    return formatSignatureLine({ ...verifier, signature: sign(key, utf8(text)) });
  });
  return `${text}\n${lines.join('')}`;
}

export const formatSignatureLine = ({ name, keyId, signature }: NoteSignature): string =>
  `\u2014 ${name} ${concat(keyId, signature).toBase64()}\n`;

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
  const { text, signatures } = splitNote(note);
  const verifiedBy: NoteVerifier[] = [];
  for (const { name, keyId, signature } of signatures) {
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

/** One signature line of a note, not verified. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

/** Text and signatures of a note, of which nothing is verified yet. @throws Fault `note.malformed` */
export function splitNote(note: string): { readonly text: string; readonly signatures: readonly NoteSignature[] } {
  if (note.length > NOTE_LIMIT) throw malformed(`longer than ${NOTE_LIMIT}`);
  const boundary = note.lastIndexOf('\n\n');
  if (boundary < 0 || !note.endsWith('\n')) throw malformed('no blank line before the signatures');
  const text = note.slice(0, boundary + 1);
  requireText(text);
  return {
    text,
    signatures: note
      .slice(boundary + 2, -1)
      .split('\n')
      .map(parseSignatureLine),
  };
}

function parseSignatureLine(line: string): NoteSignature {
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
