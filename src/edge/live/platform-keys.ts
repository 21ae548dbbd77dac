import { randomSecret } from '#crypto/secret';
import { SEED_BYTES, type SignatureAlgorithm, type SigningKey, signingKeyFromSeed } from '#crypto/sign';
import type { Shelf } from './shelf.ts';

/** Keys that the platform signs with; made when they are first needed. */
export interface PlatformKeys {
  /** For checkpoints: Ed25519, and ML-DSA beside it, so that history stays provable for decades. */
  readonly history: readonly SigningKey[];
  /** For commands. ML-DSA signatures do not fit the radio that most commands end on. */
  readonly command: readonly SigningKey[];
}

export function platformKeys(shelf: Pick<Shelf, 'find' | 'keep'>): PlatformKeys {
  return {
    history: [signingKey(shelf, 'history', 'Ed25519'), signingKey(shelf, 'history', 'ML-DSA-65')],
    command: [signingKey(shelf, 'command', 'Ed25519')],
  };
}

function signingKey(shelf: Pick<Shelf, 'find' | 'keep'>, use: string, algorithm: SignatureAlgorithm): SigningKey {
  const name = `signing/${use}/${algorithm}`;
  const known = shelf.find(name);
  if (known !== undefined) return signingKeyFromSeed(algorithm, known);
  const seed = randomSecret(SEED_BYTES);
  shelf.keep(name, seed);
  return signingKeyFromSeed(algorithm, seed);
}
