import { utf8 } from '#base/bytes';
import type { CborValue } from '#base/canonical';
import { Fault } from '#base/fault';
import {
  type CoseMessage,
  HEADER,
  nonceOf,
  openEncrypt0,
  parseCose,
  partialIvOf,
  sealEncrypt0,
  sequenceOf,
} from '#crypto/cose';
import { decodeContent, encodeContent } from './content.ts';
import type { DirectionKey } from './enrolment-key.ts';
import type { Message } from './message.ts';
import { isThingId, type ThingId } from './thing-id.ts';

/** Greatest message, in bytes, sealed. */
export const MESSAGE_LIMIT = 16_384;

/** What is in the sealed part, told outside of it so that both sides agree before anything is decoded. */
const CONTENT_TYPES = {
  Report: 'application/vnd.wardtwin.report+cbor',
  Bundle: 'application/vnd.wardtwin.report-bundle+cbor',
  Acknowledgement: 'application/vnd.wardtwin.acknowledgement+cbor',
  Command: 'application/vnd.wardtwin.command+cbor',
} as const satisfies Readonly<Record<Message['kind'], string>>;

const KIND_OF: ReadonlyMap<unknown, Message['kind']> = new Map(
  (Object.keys(CONTENT_TYPES) as Message['kind'][]).map((kind) => [CONTENT_TYPES[kind], kind]),
);

/** Bound to every message without being sent: bytes of another protocol or version never open. */
const CONTEXT = utf8('wardtwin/1');
const KEY_ID_LIMIT = 64;
const HEADER_COUNT = 4;

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
  const partialIv = partialIvOf(sequence);
  const headers = new Map<number, CborValue>([
    [HEADER.contentType, CONTENT_TYPES[kind]],
    [HEADER.keyId, utf8(directionKey.owner)],
    [HEADER.partialIv, partialIv],
  ]);
  const nonce = nonceOf(directionKey.baseIv, partialIv);
  return sealEncrypt0(directionKey.key, nonce, headers, content, CONTEXT);
}

/** A message that was read and not opened. Everything in it is a claim. */
export interface Envelope {
  readonly kind: 'Envelope';
  /** The owner of the key that is said to have sealed it. */
  readonly sender: ThingId;
  readonly sequence: number;
  readonly contentKind: Message['kind'];
  readonly partialIv: Uint8Array;
  readonly cose: CoseMessage & { readonly kind: 'Encrypt0' };
}

/** @throws Fault of code `envelope.malformed`, `cose.*` or `cbor.*` */
export function parseEnvelope(bytes: Uint8Array, limit: number = MESSAGE_LIMIT): Envelope {
  const cose = parseCose('Encrypt0', bytes, { limit });
  const { headers, untrusted } = cose;
  // an unprotected header could be changed under way unseen
  if (untrusted.size !== 0) throw malformed('unprotected headers are not used');
  const contentKind = KIND_OF.get(headers.get(HEADER.contentType));
  const partialIv = headers.get(HEADER.partialIv);
  const sequence = sequenceOf(partialIv);
  if (headers.size !== HEADER_COUNT || contentKind === undefined || sequence === undefined) {
    throw malformed('the protected headers are algorithm, content type, key id and partial iv');
  }
  return {
    kind: 'Envelope',
    sender: readKeyId(headers.get(HEADER.keyId)),
    sequence,
    contentKind,
    partialIv: partialIv as Uint8Array,
    cose,
  };
}

function readKeyId(value: CborValue | undefined): ThingId {
  if (value instanceof Uint8Array && value.length <= KEY_ID_LIMIT) {
    // a thing id is ASCII, and a byte above it becomes a letter that no thing id has
    const sender = String.fromCharCode(...value);
    if (isThingId(sender)) return sender;
  }
  throw malformed('the key id is no thing id');
}

/** The sealed payload, or undefined when this key does not open it: altered, foreign or reflected. */
export function authenticateEnvelope(envelope: Envelope, directionKey: DirectionKey): Uint8Array | undefined {
  return openEncrypt0(envelope.cose, directionKey.key, nonceOf(directionKey.baseIv, envelope.partialIv), CONTEXT);
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

const malformed = (what: string): Fault => new Fault('envelope.malformed', `envelope: ${what}`);
