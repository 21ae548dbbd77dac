import { createCursor, readArrayHead, readByte, readMapHead, requireEnd, viewBytes } from '#base/canonical-reader';
import { MAJOR, startWriting, writeBytes, writeHead, writeText, written } from '#base/canonical-writer';
import { Fault } from '#base/fault';
import { type AeadKey, open, seal } from './aead.ts';

/** CBOR tag of COSE_Encrypt0 (RFC 9052, table 1), and its items: protected header, unprotected header, ciphertext. */
const TAG = 16;
const ITEMS = 3;
const TAG_BYTE = (MAJOR.tag << 5) | TAG;

/**
 * A COSE_Encrypt0 without unprotected headers that was read and not yet opened. Both parts are views of the bytes read.
 * What the protected header says is for the caller, who must hold its algorithm to be the key's.
 */
export interface Encrypt0 {
  readonly protectedBytes: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * COSE_Encrypt0 (RFC 9052, 5.2) under a protected header that is encoded already.
 * INVARIANT: the caller never uses a nonce twice under one key.
 */
export function sealProtected(
  key: AeadKey,
  nonce: Uint8Array,
  protectedBytes: Uint8Array,
  plaintext: Uint8Array,
  external: Uint8Array,
): Uint8Array {
  const ciphertext = seal(key, nonce, plaintext, encryptStructure(protectedBytes, external));
  startWriting();
  writeHead(MAJOR.tag, TAG);
  writeHead(MAJOR.array, ITEMS);
  writeBytes(protectedBytes);
  writeHead(MAJOR.map, 0);
  writeBytes(ciphertext);
  return written();
}

/** The plaintext, or undefined when this key does not open the message. */
export function openProtected(
  { protectedBytes, ciphertext }: Encrypt0,
  key: AeadKey,
  nonce: Uint8Array,
  external: Uint8Array,
): Uint8Array | undefined {
  return open(key, nonce, ciphertext, encryptStructure(protectedBytes, external));
}

/** What is authenticated beside the ciphertext: Enc_structure of RFC 9052, 5.3. */
function encryptStructure(protectedBytes: Uint8Array, external: Uint8Array): Uint8Array {
  startWriting();
  writeHead(MAJOR.array, 3);
  writeText('Encrypt0');
  writeBytes(protectedBytes);
  writeBytes(external);
  return written();
}

/**
 * Reads a tagged COSE_Encrypt0. An unprotected header is refused: it could be changed under way unseen.
 * @throws Fault `cose.malformed`, `cbor.malformed`
 */
export function parseEncrypt0(bytes: Uint8Array, limit: number): Encrypt0 {
  const cursor = createCursor(bytes, limit);
  if (readByte(cursor) !== TAG_BYTE) throw malformed('not a tagged `Encrypt0`');
  if (readArrayHead(cursor) !== ITEMS) throw malformed(`\`Encrypt0\` is an array of ${ITEMS}`);
  const protectedBytes = viewBytes(cursor);
  if (readMapHead(cursor) !== 0) throw malformed('unprotected headers are not used');
  const ciphertext = viewBytes(cursor);
  if (protectedBytes === undefined || ciphertext === undefined) throw malformed('not a byte string');
  requireEnd(cursor);
  return { protectedBytes, ciphertext };
}

const malformed = (what: string): Fault => new Fault('cose.malformed', `cose: ${what}`);
