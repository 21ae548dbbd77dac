import { createLink } from '#model/device/link/link';
import { MAX_LINK_PAYLOAD } from '#model/device/link/link-codec';
import { carriesSealed } from '#model/device/link/operation';
import { linkOf, UNPAIRED } from './pairing.ts';

/** What a gateway does for sealed bytes, for a device that has an uplink itself and no gateway near it. */
export interface DirectFrames {
  /** The sealed message of a frame that is meant for the gateway, if it is one. */
  toPlatform(frame: Uint8Array): Uint8Array | undefined;
  /** The frame in which a device hears what is sealed for it; undefined for what no frame holds. */
  toDevice(bytes: Uint8Array): Uint8Array | undefined;
}

export function createDirectFrames(): DirectFrames {
  const link = createLink(linkOf('gateway', UNPAIRED, 0), new Set());
  return {
    toPlatform: (frame) => {
      const decoded = link.decode(frame);
      const isSealed = decoded.kind === 'frame' && carriesSealed(decoded.frame.operation);
      return isSealed ? decoded.frame.payload : undefined;
    },
    toDevice: (payload) => {
      if (payload.length > MAX_LINK_PAYLOAD) return undefined;
      return link.encode({ from: 'gateway', to: 'all', operation: 'platform-command', request: 0, payload });
    },
  };
}
