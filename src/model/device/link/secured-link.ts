import { allocate } from '#base/allocate';
import { assert } from '#base/assert';
import { NONCE_BYTES, open, seal, TAG_BYTES } from '#crypto/aead';
import { LEGACY_COUNTER_FAMILY, LEGACY_FAMILY } from './legacy-frame.ts';
import type { LinkConfiguration } from './link.ts';
import { type Decoded, type LinkCodec, type LinkFrame, MAX_LINK_PAYLOAD } from './link-codec.ts';
import { carriesSealed, numberOfOperation, type Operation, operationFromNumber } from './operation.ts';
import { addressFromNumber, numberOfAddress, type Peer } from './peer.ts';
import { createReceiveCounters } from './receive-counters.ts';
import { buildRelayFrame, parseRelayFrame, RELAY_FAMILY } from './relay-frame.ts';

export const SECURED_FAMILY = 0xa8;

/** family, addresses, operation, counter (6), length of the sealed part (2) */
const HEADER_BYTES = 11;
/** The sealed part begins with the request number. */
const REQUEST_BYTES = 1;
const MAX_COUNTER = 2 ** 48 - 1;
const NOT_FOR_US: Decoded = { kind: 'not-for-us' };

/**
 * AES-128-GCM under the sender's link key; the header is additional authenticated data. Content that is sealed end to end
 * travels in frames of its own (`RELAY_FAMILY`).
 *
 * INVARIANT: no nonce is used twice with one key: a key has one sender, the nonce is that sender's counter, and the counter
 * only counts up; a device that is paired again gets a new key.
 */
export function createSecuredLink(configuration: LinkConfiguration, broadcasts: ReadonlySet<Operation>): LinkCodec {
  const { self, keys, security } = configuration;
  const ownAddress = numberOfAddress(self);
  const counters = createReceiveCounters(security.antiReplay);
  const revoked = new Set<Peer>();
  const nonce = new Uint8Array(NONCE_BYTES);
  let sent = configuration.firstCounter ?? 0;

  const decodeRelayed = (bytes: Uint8Array, to: number): Decoded => {
    const operation = operationFromNumber(bytes[2]!) ?? 'unknown';
    if (to === 0 && (operation === 'unknown' || !broadcasts.has(operation))) return NOT_FOR_US;
    // What does not carry sealed content must come under the sender's key: here it would be anybody's.
    if (operation === 'unknown' || !carriesSealed(operation)) {
      return { kind: 'refused', operation, reason: 'not-authentic' };
    }
    const frame = parseRelayFrame(bytes);
    if (frame === undefined) return { kind: 'refused', operation, reason: 'malformed' };
    if (keys[frame.from] === undefined || frame.from === self || revoked.has(frame.from)) {
      return { kind: 'refused', operation, reason: 'unknown-peer' };
    }
    return { kind: 'frame', frame };
  };

  return {
    encode(frame) {
      if (carriesSealed(frame.operation)) return buildRelayFrame(frame);
      const key = keys[self];
      assert(key !== undefined, 'a device on a secured link has a link key of its own');
      assert(frame.payload.length <= MAX_LINK_PAYLOAD, 'a payload fits its link');
      sent += 1;
      assert(sent <= MAX_COUNTER, 'a link is paired again before its counter ends');
      const header = writeHeader(frame, sent);
      const plaintext = allocate(REQUEST_BYTES + frame.payload.length);
      plaintext[0] = frame.request;
      plaintext.set(frame.payload, REQUEST_BYTES);
      const sealed = seal(key, setNonce(nonce, header), plaintext, header);
      const bytes = allocate(HEADER_BYTES + sealed.length);
      bytes.set(header);
      bytes.set(sealed, HEADER_BYTES);
      return bytes;
    },

    decode(bytes) {
      if (bytes.length < 3) return NOT_FOR_US;
      const to = bytes[1]! & 0x0f;
      if (to !== ownAddress && to !== 0) return NOT_FOR_US;
      const family = bytes[0];
      // A cleartext frame that names this device is an attempt to speak to it without the key.
      if (family === LEGACY_FAMILY || family === LEGACY_COUNTER_FAMILY) return refusedLegacy(bytes, to, broadcasts);
      if (family === RELAY_FAMILY) return decodeRelayed(bytes, to);
      if (family !== SECURED_FAMILY) return NOT_FOR_US;
      const operation = operationFromNumber(bytes[2]!) ?? 'unknown';
      if (to === 0 && (operation === 'unknown' || !broadcasts.has(operation))) return NOT_FOR_US;
      const from = addressFromNumber(bytes[1]! >>> 4);
      const sealedLength = bytes.length - HEADER_BYTES;
      if (
        operation === 'unknown' ||
        carriesSealed(operation) ||
        from === undefined ||
        from === 'all' ||
        sealedLength < REQUEST_BYTES + TAG_BYTES ||
        sealedLength > REQUEST_BYTES + MAX_LINK_PAYLOAD + TAG_BYTES ||
        sealedLength !== ((bytes[9]! << 8) | bytes[10]!)
      ) {
        return { kind: 'refused', operation, reason: 'malformed' };
      }
      const key = keys[from];
      if (key === undefined || from === self || revoked.has(from)) {
        return { kind: 'refused', operation, reason: 'unknown-peer' };
      }
      // Before the decryption, because it is cheap: the counter moves on only once the frame is authentic.
      const counter = readCounter(bytes);
      if (!counters.isFresh(from, counter)) return { kind: 'refused', operation, reason: 'replayed' };
      const header = bytes.subarray(0, HEADER_BYTES);
      const plaintext = open(key, setNonce(nonce, header), bytes.subarray(HEADER_BYTES), header);
      if (plaintext === undefined) return { kind: 'refused', operation, reason: 'not-authentic' };
      counters.accept(from, counter);
      const payload = plaintext.subarray(REQUEST_BYTES);
      return {
        kind: 'frame',
        frame: { from, to: to === 0 ? 'all' : self, operation, request: plaintext[0]!, payload },
      };
    },

    revoke: (peer) => void revoked.add(peer),
    pairAgain: (peer) => void revoked.delete(peer),
  };
}

function refusedLegacy(bytes: Uint8Array, to: number, broadcasts: ReadonlySet<Operation>): Decoded {
  const operation = operationFromNumber(bytes[5] ?? 0xff) ?? 'unknown';
  if (to === 0 && (operation === 'unknown' || !broadcasts.has(operation))) return NOT_FOR_US;
  return { kind: 'refused', operation, reason: 'not-authentic' };
}

function writeHeader(frame: LinkFrame, counter: number): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const sealedLength = REQUEST_BYTES + frame.payload.length + TAG_BYTES;
  header[0] = SECURED_FAMILY;
  header[1] = (numberOfAddress(frame.from) << 4) | numberOfAddress(frame.to);
  header[2] = numberOfOperation(frame.operation);
  let rest = counter;
  for (let index = 8; index >= 3; index -= 1) {
    header[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  header[9] = sealedLength >>> 8;
  header[10] = sealedLength;
  return header;
}

function readCounter(bytes: Uint8Array): number {
  let counter = 0;
  for (let index = 3; index <= 8; index += 1) counter = counter * 256 + bytes[index]!;
  return counter;
}

/** Sender's address in the first byte, counter in the last six. */
function setNonce(nonce: Uint8Array, header: Uint8Array): Uint8Array {
  nonce[0] = header[1]! >>> 4;
  for (let index = 0; index < 6; index += 1) nonce[6 + index] = header[3 + index]!;
  return nonce;
}
