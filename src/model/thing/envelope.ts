import { utf8 } from '#base/bytes';
import { Fault } from '#base/fault';
import { AEAD_ALGORITHMS, type AeadKey } from '#crypto/aead';
import { nonceOf, partialIvOf } from '#crypto/cose';
import { type Encrypt0, openProtected, parseEncrypt0, sealProtected } from '#crypto/encrypt0';
import { decodeContent, encodeContent } from './content.ts';
import type { DirectionKey } from './enrolment-key.ts';
import { decodeEnvelopeHeader, type EnvelopeHeader, encodeEnvelopeHeader } from './envelope-header.ts';
import type { Message } from './message.ts';
import type { ThingId } from './thing-id.ts';

/** Greatest message, in bytes, sealed. */
export const MESSAGE_LIMIT = 16_384;

/** Bound to every message without being sent: bytes of another protocol or version never open. */
const CONTEXT = utf8('wardtwin/1');

/**
 * Seals a message: COSE_Encrypt0 whose protected header holds algorithm, content type, the id of the key's owner and, as
 * Partial IV, the sequence number.
 *
 * INVARIANT: a sequence number is used once per direction key. The nonce is the Base IV XOR the sequence, so distinct
 * sequences give distinct nonces; the two directions and any two owners have different keys; and a sender counts up and
 * keeps its count over a restart (`createEndpoint`), or enrols anew. Whoever calls this directly owes the same.
 * @throws Fault `cose.sequence` beyond 2^40 - 1
 */
export const sealMessage = (message: Message, directionKey: DirectionKey, sequence: number): Uint8Array =>
  sealContent(message.kind, encodeContent(message), directionKey, sequence);

/** The same for content that is encoded already (`encodeContent`, `encodeBundle`). */
export function sealContent(
  kind: Message['kind'],
  content: Uint8Array,
  directionKey: DirectionKey,
  sequence: number,
): Uint8Array {
  const { key, baseIv, owner } = directionKey;
  const partialIv = partialIvOf(sequence);
  const header = encodeEnvelopeHeader(coseAlgorithmOf(key), kind, owner, partialIv);
  return sealProtected(key, nonceOf(baseIv, partialIv), header, content, CONTEXT);
}

const coseAlgorithmOf = ({ algorithm }: AeadKey): number => AEAD_ALGORITHMS[algorithm].coseAlgorithm;

/** A message that was read and not opened. Everything in it is a claim, and a view of the bytes read. */
export interface Envelope extends EnvelopeHeader {
  readonly kind: 'Envelope';
  readonly sealed: Encrypt0;
}

/** @throws Fault of code `envelope.malformed`, `cose.malformed` or `cbor.malformed` */
export function parseEnvelope(bytes: Uint8Array, limit: number = MESSAGE_LIMIT): Envelope {
  const sealed = parseEncrypt0(bytes, limit);
  const { algorithm, contentKind, sender, sequence, partialIv } = decodeEnvelopeHeader(sealed.protectedBytes);
  return { kind: 'Envelope', algorithm, contentKind, sender, sequence, partialIv, sealed };
}

/** The sealed payload, or undefined when this key does not open it: altered, foreign or reflected. */
export function authenticateEnvelope(envelope: Envelope, { key, baseIv }: DirectionKey): Uint8Array | undefined {
  // the algorithm is the key's, and the header must say the same: a message cannot choose how it is opened
  if (envelope.algorithm !== coseAlgorithmOf(key)) return undefined;
  return openProtected(envelope.sealed, key, nonceOf(baseIv, envelope.partialIv), CONTEXT);
}

/** @throws Fault of code `content.malformed`, `senml.malformed` or `cbor.malformed` */
export const decodeEnvelope = (envelope: Envelope, payload: Uint8Array): Message =>
  decodeContent(envelope.contentKind, payload, MESSAGE_LIMIT);

/** A genuine message. Whether it was seen before is for the receiver's replay window. */
export interface Opened {
  readonly kind: 'Opened';
  readonly sender: ThingId;
  readonly sequence: number;
  readonly message: Message;
}

export interface EnvelopeRefusal {
  readonly kind: 'EnvelopeRefusal';
  readonly reason: 'too-large' | 'malformed' | 'unknown-sender' | 'not-authentic' | 'replayed' | 'too-old';
  readonly claimedSender?: ThingId;
  readonly detail: string;
}

/** Opens a message with the key of its claimed sender. Never throws for what is in `bytes`. */
export function openMessage(
  bytes: Uint8Array,
  keyOf: (sender: ThingId) => DirectionKey | undefined,
): Opened | EnvelopeRefusal {
  if (bytes.length > MESSAGE_LIMIT) return refuse('too-large', `\`${bytes.length}\` bytes`);
  let claimedSender: ThingId | undefined;
  try {
    const envelope = parseEnvelope(bytes);
    claimedSender = envelope.sender;
    const key = keyOf(envelope.sender);
    if (key === undefined) return refuse('unknown-sender', `no key of \`${claimedSender}\``, claimedSender);
    const payload = authenticateEnvelope(envelope, key);
    if (payload === undefined) return refuse('not-authentic', 'the key does not open it', claimedSender);
    const { sender, sequence } = envelope;
    return { kind: 'Opened', sender, sequence, message: decodeEnvelope(envelope, payload) };
  } catch (error) {
    if (error instanceof Fault) return refuse('malformed', error.message, claimedSender);
    throw error;
  }
}

const refuse = (reason: EnvelopeRefusal['reason'], detail: string, claimedSender?: ThingId): EnvelopeRefusal => ({
  kind: 'EnvelopeRefusal',
  reason,
  ...(claimedSender === undefined ? {} : { claimedSender }),
  detail,
});
