import {
  createPublicKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { concat, fromHex } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { sha256 } from './digest.ts';
import { hkdf } from './hkdf.ts';

/**
 * Hybrid key agreement in one round trip: the initiator sends an X25519 public key and an ML-KEM-768 encapsulation key, the
 * responder answers with an X25519 public key and a ciphertext. Both ends derive the same secret, which stays secret as long
 * as one of the two algorithms holds ("PQ/T hybrid" in the words of RFC 9794): a recording made today is of no use to the
 * quantum computer of tomorrow, and a flaw found in ML-KEM is of none while X25519 stands.
 *
 * The secret is HKDF-SHA-256 over ML-KEM's shared secret followed by X25519's, the order of `X25519MLKEM768` in TLS 1.3
 * (draft-ietf-tls-ecdhe-mlkem) and of NIST SP 800-56C r2, 2, with the hash of the whole transcript in `info`. X-Wing
 * (draft-connolly-cfrg-xwing-kem) binds the X25519 part only, which rests on a property of ML-KEM; binding every byte of
 * both messages costs one more hash and needs no such argument.
 *
 * It authenticates nobody. Whoever calls it owes a channel that does; the names in `KeyBinding` go into the transcript, so two
 * ends that differ about whose keys these are get different secrets.
 */
export const KEY_AGREEMENT = 'X25519MLKEM768';

/** Bytes on the wire: RFC 7748, 5; FIPS 203, table 3. */
export const X25519_BYTES = 32;
export const ML_KEM_768_KEY_BYTES = 1184;
export const ML_KEM_768_CIPHERTEXT_BYTES = 1088;

/** Bytes of the secret that both ends derive. */
export const AGREED_BYTES = 32;

/** The DER around a raw public key (SubjectPublicKeyInfo): RFC 8410 and RFC 9935. */
const X25519_PREFIX = fromHex('302a300506032b656e032100');
const ML_KEM_768_PREFIX = fromHex('308204b2300b0609608648016503040402038204a100');

const CONTEXT = 'wardtwin/key-agreement/1';
const SALT = new Uint8Array(0);

/** `x25519` is a public key; `mlKem768` the encapsulation key of the initiator, the ciphertext of the responder. */
export interface KeyShare {
  readonly x25519: Uint8Array;
  readonly mlKem768: Uint8Array;
}

/** Whose secret it is, and by which certificate it was known. */
export interface KeyBinding {
  readonly owner: string;
  readonly certificate: string;
}

/** The initiator's private half. It can be finished once and neither read, printed nor serialised. */
export interface PendingAgreement {
  readonly kind: 'PendingAgreement';
  readonly share: KeyShare;
}

interface PrivateHalf {
  readonly x25519: KeyObject;
  readonly mlKem768: KeyObject;
}

const privateHalves = new WeakMap<PendingAgreement, PrivateHalf>();

/** Fresh keys of the initiator, from the operating system's randomness. */
export function startKeyAgreement(): PendingAgreement {
  const x25519 = generateKeyPairSync('x25519');
  const mlKem768 = generateKeyPairSync('ml-kem-768');
  const share = {
    x25519: rawPublicKey(x25519.publicKey, X25519_PREFIX),
    mlKem768: rawPublicKey(mlKem768.publicKey, ML_KEM_768_PREFIX),
  };
  const pending: PendingAgreement = Object.freeze({ kind: 'PendingAgreement', share });
  privateHalves.set(pending, { x25519: x25519.privateKey, mlKem768: mlKem768.privateKey });
  return pending;
}

/**
 * The responder's end: its share, to be sent, and the secret.
 * @throws Fault `key-agreement.refused` for a share of wrong length, of low order (RFC 7748, 6.1) or no encapsulation key
 */
export function answerKeyAgreement(
  initiator: KeyShare,
  binding: KeyBinding,
): { readonly share: KeyShare; readonly secret: Uint8Array } {
  requireLength('x25519 key', initiator.x25519, X25519_BYTES);
  requireLength('encapsulation key', initiator.mlKem768, ML_KEM_768_KEY_BYTES);
  const own = generateKeyPairSync('x25519');
  const classical = agreeX25519(own.privateKey, initiator.x25519);
  // the key check of FIPS 203, 7.2 is part of the import
  const encapsulationKey = refuseOnError('encapsulation key', () => importSpki(ML_KEM_768_PREFIX, initiator.mlKem768));
  const { sharedKey, ciphertext } = refuseOnError('encapsulation key', () => encapsulate(encapsulationKey));
  const share = { x25519: rawPublicKey(own.publicKey, X25519_PREFIX), mlKem768: new Uint8Array(ciphertext) };
  return { share, secret: combine(sharedKey, classical, initiator, share, binding) };
}

/**
 * The initiator's end: the secret. A ciphertext that somebody changed is not noticed here (FIPS 203, 6.3, implicit rejection): it
 * gives a secret that nobody else has.
 * @throws Fault `key-agreement.refused` as `answerKeyAgreement`, and when `pending` was finished before
 */
export function finishKeyAgreement(pending: PendingAgreement, responder: KeyShare, binding: KeyBinding): Uint8Array {
  const own = privateHalves.get(pending);
  if (own === undefined) throw refused('this agreement was finished before; start a new one');
  // INVARIANT: a private half is used once, whatever comes of it
  privateHalves.delete(pending);
  requireLength('x25519 key', responder.x25519, X25519_BYTES);
  requireLength('ciphertext', responder.mlKem768, ML_KEM_768_CIPHERTEXT_BYTES);
  const classical = agreeX25519(own.x25519, responder.x25519);
  const quantumSafe = decapsulate(own.mlKem768, responder.mlKem768);
  return combine(quantumSafe, classical, pending.share, responder, binding);
}

function combine(
  quantumSafe: Uint8Array,
  classical: Uint8Array,
  initiator: KeyShare,
  responder: KeyShare,
  { owner, certificate }: KeyBinding,
): Uint8Array {
  const transcript = sha256(
    encodeCanonical([
      owner,
      certificate,
      [initiator.x25519, initiator.mlKem768],
      [responder.x25519, responder.mlKem768],
    ]),
  );
  const info = encodeCanonical([CONTEXT, KEY_AGREEMENT, transcript]);
  return hkdf(concat(quantumSafe, classical), SALT, info, AGREED_BYTES);
}

/** X25519 (RFC 7748, 6.1). The library refuses an all-zero result, which is what points of low order lead to. */
function agreeX25519(privateKey: KeyObject, peer: Uint8Array): Uint8Array {
  return refuseOnError('x25519 key', () => diffieHellman({ privateKey, publicKey: importSpki(X25519_PREFIX, peer) }));
}

const importSpki = (prefix: Uint8Array, raw: Uint8Array): KeyObject =>
  createPublicKey({ key: Buffer.from(concat(prefix, raw)), format: 'der', type: 'spki' });

const rawPublicKey = (key: KeyObject, prefix: Uint8Array): Uint8Array =>
  new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(prefix.length));

function refuseOnError<T>(what: string, attempt: () => T): T {
  try {
    return attempt();
  } catch {
    throw refused(`the peer's ${what} is none that can be agreed with`);
  }
}

function requireLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw refused(`${what} has \`${bytes.length}\` bytes, needs ${length}`);
}

const refused = (what: string): Fault => new Fault('key-agreement.refused', `key agreement: ${what}`);
