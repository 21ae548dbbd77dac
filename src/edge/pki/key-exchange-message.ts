import { type CborObject, type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Millis } from '#base/time';
import { KEY_AGREEMENT, type KeyShare } from '#crypto/key-agreement';

export const KEYS_PATH = '/.well-known/wardtwin/keys';
export const KEYS_TYPE = 'application/cbor';

/** Greatest body in bytes, either way: two key shares of 1.3 kB, and ML-DSA-65 keys of 2 kB in the answer. */
export const KEY_REQUEST_LIMIT = 4_096;
export const KEY_ANSWER_LIMIT = 65_536;
const COMMAND_KEYS_LIMIT = 16;

/** A key by which the platform signs commands, as raw bytes. */
export interface CommandKey {
  /** As in `SIGNATURE_ALGORITHMS`. */
  readonly algorithm: string;
  readonly key: Uint8Array;
}

/** What the platform tells a device together with its part of the agreement. */
export interface KeyAnswer {
  /** Commands are signed by each of these keys. */
  readonly commandKeys: readonly CommandKey[];
  /** Id of the Thing Model by which the device's reports are read. */
  readonly model: string;
  /** Anything else. A device that does not know it leaves it alone. */
  readonly extra?: CborObject;
}

export interface KeyExchangeAnswer extends KeyAnswer {
  readonly share: KeyShare;
  readonly serverTime: Millis;
}

/** The request of a device, canonical CBOR: `{suite, x25519, mlKem768}`. */
export const encodeKeyRequest = ({ x25519, mlKem768 }: KeyShare): Uint8Array =>
  encodeCanonical({ suite: KEY_AGREEMENT, x25519, mlKem768 });

/** @throws Fault `key-exchange.malformed`, `cbor.malformed` */
export function decodeKeyRequest(bytes: Uint8Array): KeyShare {
  const message = objectOf(decodeCanonical(bytes, KEY_REQUEST_LIMIT));
  if (Object.keys(message).length !== 3) throw malformed('a request has `suite`, `x25519` and `mlKem768`');
  return shareOf(message);
}

export function encodeKeyAnswer({ share, serverTime, commandKeys, model, extra }: KeyExchangeAnswer): Uint8Array {
  return encodeCanonical({
    suite: KEY_AGREEMENT,
    x25519: share.x25519,
    mlKem768: share.mlKem768,
    serverTime,
    commandKeys: commandKeys.map(({ algorithm, key }) => ({ algorithm, key })),
    model,
    extra,
  });
}

/** @throws Fault `key-exchange.malformed`, `cbor.malformed` */
export function decodeKeyAnswer(bytes: Uint8Array): KeyExchangeAnswer {
  const message = objectOf(decodeCanonical(bytes, KEY_ANSWER_LIMIT));
  const { serverTime, model, commandKeys, extra } = message;
  if (!Number.isSafeInteger(serverTime) || typeof model !== 'string' || !Array.isArray(commandKeys)) {
    throw malformed('an answer has `serverTime`, `model` and `commandKeys`');
  }
  if (commandKeys.length > COMMAND_KEYS_LIMIT) throw malformed(`\`${commandKeys.length}\` command keys are too many`);
  return {
    share: shareOf(message),
    serverTime: serverTime as Millis,
    model,
    commandKeys: (commandKeys as readonly CborValue[]).map(commandKeyOf),
    ...(extra === undefined ? {} : { extra: objectOf(extra) }),
  };
}

function commandKeyOf(value: CborValue): CommandKey {
  const { algorithm, key } = objectOf(value);
  if (typeof algorithm !== 'string' || !(key instanceof Uint8Array))
    throw malformed('a command key has `algorithm` and `key`');
  return { algorithm, key };
}

function shareOf({ suite, x25519, mlKem768 }: CborObject): KeyShare {
  // one suite today; a device that knows another has to ask for it by name
  if (suite !== KEY_AGREEMENT) throw malformed(`suite \`${String(suite)}\` is unknown; use ${KEY_AGREEMENT}`);
  if (!(x25519 instanceof Uint8Array) || !(mlKem768 instanceof Uint8Array))
    throw malformed('a key share is two byte strings');
  return { x25519, mlKem768 };
}

function objectOf(value: CborValue): CborObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
  if (!isObject || value instanceof Uint8Array) throw malformed('not a map with text keys');
  return value as CborObject;
}

const malformed = (what: string): Fault => new Fault('key-exchange.malformed', `key exchange: ${what}`);
