import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
  randomBytes,
} from 'node:crypto';
import { concat, fromHex } from '#base/bytes';
import { Fault } from '#base/fault';

/**
 * All there is to know about each algorithm. `seedPrefix` and `publicPrefix` are the DER around a 32-byte seed (PKCS #8) and a
 * raw public key (SubjectPublicKeyInfo): RFC 8410 for Ed25519, RFC 9881 for ML-DSA. COSE numbers: RFC 9053 (EdDSA) and the
 * IANA registry (ML-DSA-65). An Ed25519 signature is a function of key and message; an ML-DSA signature is hedged with
 * fresh randomness (FIPS 204, 3.4), so an exercise that must repeat byte for byte signs with Ed25519.
 */
export const SIGNATURE_ALGORITHMS = {
  Ed25519: {
    coseAlgorithm: -8,
    publicBytes: 32,
    signatureBytes: 64,
    deterministic: true,
    seedPrefix: fromHex('302e020100300506032b657004220420'),
    publicPrefix: fromHex('302a300506032b6570032100'),
  },
  'ML-DSA-65': {
    coseAlgorithm: -49,
    publicBytes: 1952,
    signatureBytes: 3309,
    deterministic: false,
    seedPrefix: fromHex('3034020100300b060960864801650304031204228020'),
    publicPrefix: fromHex('308207b2300b0609608648016503040312038207a100'),
  },
} as const;

export type SignatureAlgorithm = keyof typeof SIGNATURE_ALGORITHMS;

export const SEED_BYTES = 32;

/** A public key, with its raw bytes (RFC 8032, FIPS 204). */
export interface PublicKey {
  readonly kind: 'PublicKey';
  readonly algorithm: SignatureAlgorithm;
  readonly bytes: Uint8Array;
}

/** A signing key. Its seed cannot be read, printed or serialised through it. */
export interface SigningKey {
  readonly kind: 'SigningKey';
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: PublicKey;
}

const privateKeys = new WeakMap<SigningKey, KeyObject>();
const publicKeys = new WeakMap<PublicKey, KeyObject>();

/** The key of a 32-byte seed: the same seed gives the same key. @throws Fault `key.unsuitable` for another length */
export function signingKeyFromSeed(algorithm: SignatureAlgorithm, seed: Uint8Array): SigningKey {
  if (seed.length !== SEED_BYTES) {
    throw new Fault('key.unsuitable', `seed for ${algorithm}: \`${seed.length}\` bytes, needs ${SEED_BYTES}`);
  }
  const { seedPrefix, publicPrefix } = SIGNATURE_ALGORITHMS[algorithm];
  const privateKey = createPrivateKey({ key: Buffer.from(concat(seedPrefix, seed)), format: 'der', type: 'pkcs8' });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = importPublicKey(algorithm, new Uint8Array(der.subarray(publicPrefix.length)));
  const key: SigningKey = Object.freeze({ kind: 'SigningKey', algorithm, publicKey });
  privateKeys.set(key, privateKey);
  return key;
}

/** A new key from the operating system's randomness, for live use. */
export const generateSigningKey = (algorithm: SignatureAlgorithm): SigningKey =>
  signingKeyFromSeed(algorithm, randomBytes(SEED_BYTES));

/** @throws Fault `key.unsuitable` when `bytes` is no public key of the algorithm */
export function importPublicKey(algorithm: SignatureAlgorithm, bytes: Uint8Array): PublicKey {
  const { publicBytes, publicPrefix } = SIGNATURE_ALGORITHMS[algorithm];
  if (bytes.length !== publicBytes) {
    throw new Fault('key.unsuitable', `public key for ${algorithm}: \`${bytes.length}\` bytes, needs ${publicBytes}`);
  }
  const handle = createPublicKey({ key: Buffer.from(concat(publicPrefix, bytes)), format: 'der', type: 'spki' });
  const key: PublicKey = Object.freeze({ kind: 'PublicKey', algorithm, bytes: new Uint8Array(bytes) });
  publicKeys.set(key, handle);
  return key;
}

export function sign(key: SigningKey, message: Uint8Array): Uint8Array {
  const handle = privateKeys.get(key);
  if (handle === undefined) throw new Fault('key.unsuitable', 'signing key: not made by `signingKeyFromSeed`');
  return new Uint8Array(nodeSign(null, message, handle));
}

export function verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  const handle = publicKeys.get(key);
  if (handle === undefined) throw new Fault('key.unsuitable', 'public key: not made by `importPublicKey`');
  if (signature.length !== SIGNATURE_ALGORITHMS[key.algorithm].signatureBytes) return false;
  return nodeVerify(null, message, handle, signature);
}
