import { concat } from '#base/bytes';
import { type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { AEAD_ALGORITHMS, type AeadKey, NONCE_BYTES } from './aead.ts';
import { openProtected, sealProtected } from './encrypt0.ts';
import { HMAC_SHA256_COSE_ALGORITHM, type MacKey, mac, verifyMac } from './mac.ts';
import { type PublicKey, SIGNATURE_ALGORITHMS, type SigningKey, sign, verify } from './sign.ts';

/** Labels of common header parameters (RFC 9052, 3.1). */
export const HEADER = { algorithm: 1, critical: 2, contentType: 3, keyId: 4, iv: 5, partialIv: 6 } as const;

export type Headers = ReadonlyMap<number | string, CborValue>;

/**
 * A COSE message that was read and not yet verified. `headers` are the protected ones: they mean something once the message
 * is opened or verified. `untrusted` are the unprotected ones: anybody may have written them. `body` is the payload, or the
 * ciphertext with its tag. The proof is a MAC tag or a signature.
 */
export type CoseMessage = {
  readonly headers: Headers;
  readonly untrusted: Headers;
  readonly protectedBytes: Uint8Array;
  readonly body: Uint8Array;
} & (
  | { readonly kind: 'Encrypt0' }
  | { readonly kind: 'Mac0'; readonly proof: Uint8Array }
  | { readonly kind: 'Sign1'; readonly proof: Uint8Array }
);

export type CoseKind = CoseMessage['kind'];

/** CBOR tag and number of array items of each structure (RFC 9052, table 1). Tags below 24 are one byte. */
const STRUCTURES = {
  Encrypt0: { tag: 0xc0 | 16, items: 3 },
  Mac0: { tag: 0xc0 | 17, items: 4 },
  Sign1: { tag: 0xc0 | 18, items: 4 },
} as const;

const NOTHING = new Uint8Array(0);
const NO_HEADERS: Headers = new Map();

/** What the receiver accepts beyond the structure itself. */
export interface CosePolicy {
  /** Greatest number of bytes. */
  readonly limit: number;
  /** Labels that the receiver acts on; a message that declares any other one critical is refused (RFC 9052, 3.1). */
  readonly understood?: ReadonlySet<number | string>;
}

/**
 * Reads a tagged COSE message of the kind that the caller expects; it is never guessed from the bytes.
 * @throws Fault `cose.malformed`, `cose.critical` (a critical header that is not understood), `cbor.malformed`
 */
export function parseCose<K extends CoseKind>(
  kind: K,
  bytes: Uint8Array,
  policy: CosePolicy,
): CoseMessage & { kind: K } {
  const { tag, items } = STRUCTURES[kind];
  if (bytes[0] !== tag) throw malformed(`not a tagged \`${kind}\``);
  const value = decodeCanonical(bytes.subarray(1), policy.limit);
  if (!Array.isArray(value) || value.length !== items) throw malformed(`\`${kind}\` is an array of ${items}`);
  const [protectedBytes, untrusted, body, proof] = value as readonly CborValue[];
  if (!(protectedBytes instanceof Uint8Array) || !(body instanceof Uint8Array)) throw malformed('not a byte string');
  if (items === 4 && !(proof instanceof Uint8Array)) throw malformed('not a byte string');
  const headers = protectedBytes.length === 0 ? NO_HEADERS : asHeaders(decodeCanonical(protectedBytes, policy.limit));
  requireUnderstood(headers, policy.understood);
  const message = { kind, headers, untrusted: asHeaders(untrusted), protectedBytes, body, proof };
  return message as unknown as CoseMessage & { kind: K };
}

function asHeaders(value: CborValue | undefined): Headers {
  if (value instanceof Map) return value as Headers;
  const isTextMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isTextMap || value instanceof Uint8Array) throw malformed('headers are not a map');
  return new Map(Object.entries(value as Readonly<Record<string, CborValue>>));
}

function requireUnderstood(headers: Headers, understood: ReadonlySet<number | string> | undefined): void {
  const critical = headers.get(HEADER.critical);
  if (critical === undefined) return;
  if (!Array.isArray(critical) || critical.length === 0) throw malformed('`crit` is not a list of labels');
  for (const label of critical as readonly CborValue[]) {
    const isLabel = typeof label === 'number' || typeof label === 'string';
    if (!isLabel || !headers.has(label)) throw malformed(`\`crit\` names \`${String(label)}\`, which is not protected`);
    if (understood?.has(label) !== true) {
      throw new Fault('cose.critical', `cose: critical header \`${label}\` is not understood`, { label });
    }
  }
}

const malformed = (what: string): Fault => new Fault('cose.malformed', `cose: ${what}`);

function writeHeaders(headers: Headers, algorithm: number): Uint8Array {
  const stated = headers.get(HEADER.algorithm);
  if (stated !== undefined && stated !== algorithm) {
    throw new Fault(
      'cose.algorithm',
      `cose: header states algorithm \`${String(stated)}\`, the key is for ${algorithm}`,
    );
  }
  const all = new Map<number | string, CborValue>([[HEADER.algorithm, algorithm]]);
  for (const [label, value] of headers) all.set(label, value);
  return encodeCanonical(all);
}

function write(kind: CoseKind, ...items: readonly CborValue[]): Uint8Array {
  return concat(Uint8Array.of(STRUCTURES[kind].tag), encodeCanonical(items));
}

/** The algorithm is the key's, and the protected header must say the same: a message cannot choose how it is verified. */
const statesAlgorithm = (message: CoseMessage, algorithm: number): boolean =>
  message.headers.get(HEADER.algorithm) === algorithm;

/**
 * COSE_Encrypt0 (RFC 9052, 5.2) with all headers protected. The algorithm header is the key's.
 * INVARIANT: the caller never uses a nonce twice under one key.
 */
export function sealEncrypt0(
  key: AeadKey,
  nonce: Uint8Array,
  headers: Headers,
  plaintext: Uint8Array,
  external: Uint8Array = NOTHING,
): Uint8Array {
  const protectedBytes = writeHeaders(headers, AEAD_ALGORITHMS[key.algorithm].coseAlgorithm);
  return sealProtected(key, nonce, protectedBytes, plaintext, external);
}

/** The plaintext, or undefined when this key does not open the message. */
export function openEncrypt0(
  message: CoseMessage & { readonly kind: 'Encrypt0' },
  key: AeadKey,
  nonce: Uint8Array,
  external: Uint8Array = NOTHING,
): Uint8Array | undefined {
  if (!statesAlgorithm(message, AEAD_ALGORITHMS[key.algorithm].coseAlgorithm)) return undefined;
  return openProtected({ protectedBytes: message.protectedBytes, ciphertext: message.body }, key, nonce, external);
}

/** COSE_Mac0 (RFC 9052, 6.2) with all headers protected. */
export function createMac0(
  key: MacKey,
  headers: Headers,
  payload: Uint8Array,
  external: Uint8Array = NOTHING,
): Uint8Array {
  const protectedBytes = writeHeaders(headers, HMAC_SHA256_COSE_ALGORITHM);
  const tag = mac(key, encodeCanonical(['MAC0', protectedBytes, external, payload]));
  return write('Mac0', protectedBytes, {}, payload, tag);
}

export function verifyMac0(
  message: CoseMessage & { readonly kind: 'Mac0' },
  key: MacKey,
  external: Uint8Array = NOTHING,
): boolean {
  if (!statesAlgorithm(message, HMAC_SHA256_COSE_ALGORITHM)) return false;
  return verifyMac(key, encodeCanonical(['MAC0', message.protectedBytes, external, message.body]), message.proof);
}

/** COSE_Sign1 (RFC 9052, 4.2) with all headers protected. */
export function createSign1(
  key: SigningKey,
  headers: Headers,
  payload: Uint8Array,
  external: Uint8Array = NOTHING,
): Uint8Array {
  const protectedBytes = writeHeaders(headers, SIGNATURE_ALGORITHMS[key.algorithm].coseAlgorithm);
  const signature = sign(key, encodeCanonical(['Signature1', protectedBytes, external, payload]));
  return write('Sign1', protectedBytes, {}, payload, signature);
}

export function verifySign1(
  message: CoseMessage & { readonly kind: 'Sign1' },
  key: PublicKey,
  external: Uint8Array = NOTHING,
): boolean {
  if (!statesAlgorithm(message, SIGNATURE_ALGORITHMS[key.algorithm].coseAlgorithm)) return false;
  return verify(key, encodeCanonical(['Signature1', message.protectedBytes, external, message.body]), message.proof);
}

/** Greatest sequence number of `nonceOf`: five bytes, as in RFC 8613, 5.2. */
export const MAX_SEQUENCE = 2 ** 40 - 1;

/** A sequence number as a Partial IV: its shortest big-endian form, 0 as one byte (RFC 8613, 5). */
export function partialIvOf(sequence: number): Uint8Array {
  if (!Number.isSafeInteger(sequence) || sequence < 0 || sequence > MAX_SEQUENCE) {
    throw new Fault('cose.sequence', `cose: sequence \`${sequence}\` is not from 0 to 2^40 - 1; use a new key`);
  }
  let width = 1;
  while (sequence >= 256 ** width) width += 1;
  const bytes = new Uint8Array(width);
  for (let index = width - 1, rest = sequence; index >= 0; index -= 1, rest = Math.floor(rest / 256))
    bytes[index] = rest % 256;
  return bytes;
}

/** The sequence number of a Partial IV, or undefined when it is not one in its shortest form. */
export function sequenceOf(partialIv: CborValue | undefined): number | undefined {
  if (!(partialIv instanceof Uint8Array) || partialIv.length === 0 || partialIv.length > 5) return undefined;
  if (partialIv.length > 1 && partialIv[0] === 0) return undefined;
  let sequence = 0;
  for (const byte of partialIv) sequence = sequence * 256 + byte;
  return sequence;
}

/** The Partial IV, padded on the left, XOR the key's Base IV (RFC 9052, 3.1). Distinct sequences give distinct nonces. */
export function nonceOf(baseIv: Uint8Array, partialIv: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(baseIv);
  const offset = NONCE_BYTES - partialIv.length;
  for (let index = 0; index < partialIv.length; index += 1) nonce[offset + index]! ^= partialIv[index] as number;
  return nonce;
}
