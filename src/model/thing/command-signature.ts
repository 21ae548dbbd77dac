import { assert } from '#base/assert';
import { concat, equalBytes, toHex } from '#base/bytes';
import { encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import { type CoseMessage, createSign1, HEADER, type Headers, parseCose, verifySign1 } from '#crypto/cose';
import { keyIdOf } from '#crypto/key-id';
import type { PublicKey, SigningKey } from '#crypto/sign';
import { splitSign1s } from '#crypto/sign1-sequence';
import { decodeCommand, encodeCommand } from './command-content.ts';
import { MESSAGE_LIMIT } from './envelope.ts';
import type { Command, SignedCommand } from './message.ts';
import type { ThingId } from './thing-id.ts';

/** Signatures of one command: two algorithms, and as many again while the keys are being changed. */
export const MOST_SIGNATURES = 4;

/** Bound to every signature without being sent: one made for another purpose or version never verifies. */
const CONTEXT = 'wardtwin/1 command';
const CONTENT_TYPE = 'application/vnd.wardtwin.command+cbor';

/**
 * Header parameter that holds the counter, from the range for private use (below -65536). It is declared critical
 * (RFC 9052, 3.1): whoever does not know it must refuse the command, and not take it twice.
 */
export const COUNTER_LABEL = -65_537;
const UNDERSTOOD: ReadonlySet<number> = new Set([COUNTER_LABEL]);

/**
 * Signs a command for the thing it names: for each signer a COSE_Sign1 over the command's canonical encoding, one after
 * another. The protected header holds algorithm, content type, the key's id and the counter, which the caller never uses
 * twice for one thing; expiry is in the command. The thing is external data of the signature as well, so that whoever
 * verifies does so as somebody, before anything of the command is decoded.
 *
 * Why it is signed and then sealed: the sealing key is shared, so that whoever reads it out of a store or a device could
 * seal a command. The signing key is the platform's alone.
 */
export function signCommand(command: Command, signers: readonly SigningKey[], counter: number): SignedCommand {
  assert(signers.length > 0 && signers.length <= MOST_SIGNATURES, `a command has 1 to ${MOST_SIGNATURES} signers`);
  assert(Number.isSafeInteger(counter) && counter >= 0, 'the counter of commands counts from 0');
  const payload = encodeCommand(command);
  const external = externalOf(command.thing);
  const sign1 = (key: SigningKey): Uint8Array => createSign1(key, headersOf(key.publicKey, counter), payload, external);
  return { kind: 'SignedCommand', signed: concat(...signers.map(sign1)) };
}

const externalOf = (thing: ThingId): Uint8Array => encodeCanonical([CONTEXT, thing]);

const headersOf = (key: PublicKey, counter: number): Headers =>
  new Map<number, string | number | Uint8Array | readonly number[]>([
    [HEADER.critical, [COUNTER_LABEL]],
    [HEADER.contentType, CONTENT_TYPE],
    [HEADER.keyId, keyIdOf(key)],
    [COUNTER_LABEL, counter],
  ]);

/** Genuine, and for this thing. Whether its counter was seen before and its time has passed is for the receiver. */
export interface VerifiedCommand {
  readonly kind: 'VerifiedCommand';
  readonly command: Command;
  readonly counter: number;
}

export interface CommandObjection {
  readonly kind: 'CommandObjection';
  readonly reason: 'malformed' | 'not-authentic';
  readonly detail: string;
}

type Sign1 = CoseMessage & { readonly kind: 'Sign1' };

/**
 * Verifies a command as `thing`: every one of `keys` must have signed it, the same command with the same counter, and
 * without keys nothing verifies. Signatures of further keys prove nothing and break nothing, so that a platform can sign with
 * a new key before each device knows it. Never throws for what is in the bytes.
 */
export function verifyCommand(
  { signed }: SignedCommand,
  thing: ThingId,
  keys: readonly PublicKey[],
): VerifiedCommand | CommandObjection {
  try {
    const signatures = splitSign1s(signed, MESSAGE_LIMIT, MOST_SIGNATURES).map(readSign1);
    const proven = provenBy(signatures, externalOf(thing), keys);
    if (typeof proven === 'string') return { kind: 'CommandObjection', reason: 'not-authentic', detail: proven };
    const counter = counterOf(proven);
    const command = decodeCommand(proven.body, MESSAGE_LIMIT);
    if (command.thing !== thing) throw malformed(`signed for \`${thing}\`, and names \`${command.thing}\``);
    return { kind: 'VerifiedCommand', command, counter };
  } catch (error) {
    if (error instanceof Fault) return { kind: 'CommandObjection', reason: 'malformed', detail: error.message };
    throw error;
  }
}

const readSign1 = (bytes: Uint8Array): Sign1 =>
  parseCose('Sign1', bytes, { limit: MESSAGE_LIMIT, understood: UNDERSTOOD });

/** What all keys have signed, or why there is no such thing. */
function provenBy(signatures: readonly Sign1[], external: Uint8Array, keys: readonly PublicKey[]): Sign1 | string {
  let proven: Sign1 | undefined;
  for (const key of keys) {
    const keyId = keyIdOf(key);
    const signature = signatures.find(({ headers }) => isKeyId(headers.get(HEADER.keyId), keyId));
    if (signature === undefined) return `command key \`${toHex(keyId)}\` did not sign it`;
    if (!verifySign1(signature, key, external)) return `command key \`${toHex(keyId)}\` does not verify it`;
    if (proven !== undefined && !statesSame(proven, signature)) return 'its signers signed different commands';
    proven ??= signature;
  }
  return proven ?? 'no command key to verify it with';
}

const isKeyId = (stated: unknown, keyId: Uint8Array): boolean =>
  stated instanceof Uint8Array && equalBytes(stated, keyId);

const statesSame = (left: Sign1, right: Sign1): boolean =>
  equalBytes(left.body, right.body) && left.headers.get(COUNTER_LABEL) === right.headers.get(COUNTER_LABEL);

function counterOf({ headers }: Sign1): number {
  const counter = headers.get(COUNTER_LABEL);
  if (headers.get(HEADER.contentType) !== CONTENT_TYPE) throw malformed('its content type is not that of a command');
  if (typeof counter !== 'number' || !Number.isSafeInteger(counter) || counter < 0) {
    throw malformed('its counter is no whole number from 0');
  }
  return counter;
}

const malformed = (what: string): Fault => new Fault('command.malformed', `signed command: ${what}`);
