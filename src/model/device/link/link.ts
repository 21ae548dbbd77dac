import type { AeadKey } from '#crypto/aead';
import { createLegacyLink } from './legacy-link.ts';
import type { LinkCodec, LinkSecurity } from './link-codec.ts';
import type { Operation } from './operation.ts';
import type { Peer, SerialNumber } from './peer.ts';
import { createSecuredLink } from './secured-link.ts';

/** One device's place on the body-area radio, as set up when its owner paired the devices. */
export interface LinkConfiguration {
  readonly self: Peer;
  readonly security: LinkSecurity;
  /** Of this device and of each peer that it knows. */
  readonly serials: Readonly<Partial<Record<Peer, SerialNumber>>>;
  /**
   * The link key (A128GCM) of each sender, held by everybody who hears that sender. Needed with `authenticated`. Whoever holds a
   * sender's key could also speak as that sender: the link protects against outsiders, not against a peer turned malicious.
   */
  readonly keys: Readonly<Partial<Record<Peer, AeadKey>>>;
  /**
   * The secured link counts its frames from here on, 0 where absent. A device that is switched on again under the same key owes
   * a number above all that it used.
   */
  readonly firstCounter?: number;
}

/** `broadcasts`: the operations that this device listens to when they are addressed to all. */
export function createLink(configuration: LinkConfiguration, broadcasts: ReadonlySet<Operation>): LinkCodec {
  return configuration.security.authenticated
    ? createSecuredLink(configuration, broadcasts)
    : createLegacyLink(configuration, broadcasts);
}
