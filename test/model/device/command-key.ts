import { createRandom } from '#base/random';
import { type SigningKey, signingKeyFromSeed } from '#crypto/sign';

/** Signs the platform's commands. */
export const COMMAND_KEY: SigningKey = signingKeyFromSeed('Ed25519', createRandom('command key').bytes(32));
