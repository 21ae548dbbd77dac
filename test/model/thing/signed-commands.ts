import { createRandom } from '#base/random';
import { type SigningKey, signingKeyFromSeed } from '#crypto/sign';
import { signCommand } from '#model/thing/command-signature';
import { deriveEnrolmentKey, type EnrolmentKey } from '#model/thing/enrolment-key';
import { sealMessage } from '#model/thing/envelope';
import type { Command } from '#model/thing/message';

export const AT = 1_760_000_000_000;

const random = createRandom('signed commands');

export const KEY: EnrolmentKey = deriveEnrolmentKey('pump-1', random.fork('pump').bytes(32));
export const SIGNER: SigningKey = signingKeyFromSeed('Ed25519', random.fork('signer').bytes(32));
/** Signs beside the first one, against an adversary with a quantum computer. */
export const POST_QUANTUM: SigningKey = signingKeyFromSeed('ML-DSA-65', random.fork('post-quantum').bytes(32));
export const STRANGER: SigningKey = signingKeyFromSeed('Ed25519', random.fork('stranger').bytes(32));

export const BOLUS: Command = {
  kind: 'Command',
  id: 'c-1',
  thing: 'pump-1',
  action: 'bolus',
  input: { units: 2, reason: 'night', confirmed: true, rates: [0.8, 1.2] },
  issuedAt: AT,
  expiresAt: AT + 60_000,
};

/** What the platform sends, with both of its numbers chosen freely. */
export const sealCommand = (sequence: number, counter: number, signers: readonly SigningKey[] = [SIGNER]): Uint8Array =>
  sealMessage(signCommand({ ...BOLUS, id: `c-${counter}` }, signers, counter), KEY.downlink, sequence);
