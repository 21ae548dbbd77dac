import { assert } from '#base/assert';
import { buildLegacyFrame, LEGACY_COUNTER_FAMILY, LEGACY_FAMILY, parseLegacyFrame } from './legacy-frame.ts';
import type { LinkConfiguration } from './link.ts';
import type { Decoded, LinkCodec, LinkFrame } from './link-codec.ts';
import { isRequest, type Operation, operationFromNumber } from './operation.ts';
import { numberOfAddress, type Peer } from './peer.ts';
import { createReceiveCounters } from './receive-counters.ts';

const NOT_FOR_US: Decoded = { kind: 'not-for-us' };
const MAX_COUNTER = 0xffff_ffff;

/**
 * The link as older devices shipped with it: cleartext, the six-digit serial number the only secret, CRC-16 against noise.
 * A request carries the serial number of the device it is for, everything else that of the device it comes from. With
 * `antiReplay` each frame also carries a rolling counter.
 */
export function createLegacyLink(configuration: LinkConfiguration, broadcasts: ReadonlySet<Operation>): LinkCodec {
  const { self, serials, security } = configuration;
  const family = security.antiReplay ? LEGACY_COUNTER_FAMILY : LEGACY_FAMILY;
  const ownAddress = numberOfAddress(self);
  const counters = createReceiveCounters(security.antiReplay);
  const revoked = new Set<Peer>();
  let sent = 0;

  const serialOf = (frame: LinkFrame): number | undefined =>
    isRequest(frame.operation) && frame.to !== 'all' ? serials[frame.to] : serials[frame.from];

  return {
    encode(frame) {
      const serial = serialOf(frame);
      assert(serial !== undefined, 'a device sends only to peers it was paired with');
      if (!security.antiReplay) return buildLegacyFrame({ ...frame, serial });
      sent += 1;
      assert(sent <= MAX_COUNTER, 'a link is paired again before its counter ends');
      return buildLegacyFrame({ ...frame, serial, counter: sent });
    },

    decode(bytes) {
      if (bytes.length < 2 || bytes[0] !== family) return NOT_FOR_US;
      const to = bytes[1]! & 0x0f;
      if (to !== ownAddress && to !== 0) return NOT_FOR_US;
      const operation = operationFromNumber(bytes[5] ?? 0xff) ?? 'unknown';
      if (to === 0 && (operation === 'unknown' || !broadcasts.has(operation))) return NOT_FOR_US;
      const parsed = parseLegacyFrame(bytes);
      if (parsed.kind === 'invalid') return { kind: 'refused', operation, reason: parsed.reason };
      const { frame } = parsed;
      const expected = serialOf(frame);
      if (expected === undefined || frame.from === self || revoked.has(frame.from)) {
        return { kind: 'refused', operation, reason: 'unknown-peer' };
      }
      // Another owner's devices of the same make use the same addresses: their frames are no attack.
      if (frame.serial !== expected) return NOT_FOR_US;
      const counter = frame.counter ?? 0;
      if (!counters.isFresh(frame.from, counter)) return { kind: 'refused', operation, reason: 'replayed' };
      counters.accept(frame.from, counter);
      return { kind: 'frame', frame };
    },

    revoke: (peer) => void revoked.add(peer),
    pairAgain: (peer) => void revoked.delete(peer),
  };
}
