import { allocate } from '#base/allocate';
import { assert } from '#base/assert';
import { type LinkFrame, MAX_LINK_PAYLOAD } from './link-codec.ts';
import { carriesSealed, numberOfOperation, operationFromNumber } from './operation.ts';
import { addressFromNumber, numberOfAddress } from './peer.ts';

/**
 * The frame of a secured link for content that is sealed between a device and the platform. It is not encrypted a second time.
 *
 * Why that is safe: secrecy, authenticity and freshness of the content are those of its envelope, whose keys neither the
 * gateway nor any peer of the radio has; nobody on the radio acts on such a frame before its envelope is opened. Addresses and
 * operation are in the clear on every frame of the secured link; here they are claims as well, and nothing rests on them: a
 * frame that lies goes to the wrong end, where the envelope does not open. What the link's own protection would add is that
 * junk and recordings end at the gateway and not at the platform, which refuses, records and counts them. Whoever can transmit
 * those can jam the radio with less effort.
 *
 * INVARIANT: only operations that carry sealed content travel so (`carriesSealed`), and they travel in no other way.
 */
export const RELAY_FAMILY = 0xaa;

/** family, addresses, operation, payload length (2) */
const HEADER_BYTES = 5;

export function buildRelayFrame({ from, to, operation, payload }: LinkFrame): Uint8Array {
  assert(carriesSealed(operation), 'only sealed content is relayed without protection of the link');
  assert(payload.length <= MAX_LINK_PAYLOAD, 'a payload fits its link');
  const bytes = allocate(HEADER_BYTES + payload.length);
  bytes[0] = RELAY_FAMILY;
  bytes[1] = (numberOfAddress(from) << 4) | numberOfAddress(to);
  bytes[2] = numberOfOperation(operation);
  bytes[3] = payload.length >>> 8;
  bytes[4] = payload.length;
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** `undefined` for what is no such frame. `from` is a claim. */
export function parseRelayFrame(bytes: Uint8Array): LinkFrame | undefined {
  const length = bytes.length - HEADER_BYTES;
  if (bytes[0] !== RELAY_FAMILY || length < 0 || length > MAX_LINK_PAYLOAD) return undefined;
  const operation = operationFromNumber(bytes[2]!);
  const from = addressFromNumber(bytes[1]! >>> 4);
  const to = addressFromNumber(bytes[1]! & 0x0f);
  if (operation === undefined || !carriesSealed(operation) || from === undefined || from === 'all') return undefined;
  if (to === undefined || length !== ((bytes[3]! << 8) | bytes[4]!)) return undefined;
  return { from, to, operation, request: 0, payload: bytes.subarray(HEADER_BYTES) };
}
