import type { Operation } from './operation.ts';
import type { Address, Peer } from './peer.ts';

/** What one device says to another, whatever the link protects. */
export interface LinkFrame {
  readonly from: Peer;
  readonly to: Address;
  readonly operation: Operation;
  /**
   * 0 to 255, chosen by the sender of a request; retransmissions of one request and its acknowledgement carry the same one.
   * Tells retransmissions apart, protects nothing.
   */
  readonly request: number;
  readonly payload: Uint8Array;
}

export type LinkRefusalReason = 'crc' | 'not-authentic' | 'replayed' | 'unknown-peer' | 'malformed';

export type Decoded =
  | { readonly kind: 'frame'; readonly frame: LinkFrame }
  /** Somebody else's, or noise. */
  | { readonly kind: 'not-for-us' }
  /** Claims to be for this device and fails a check. */
  | { readonly kind: 'refused'; readonly operation: Operation | 'unknown'; readonly reason: LinkRefusalReason };

/** One device's end of the body-area radio: holds its counters and what it knows of its peers. */
export interface LinkCodec {
  encode(frame: LinkFrame): Uint8Array;
  decode(bytes: Uint8Array): Decoded;
  /** Refuses everything from `peer` from now on, until paired again. */
  revoke(peer: Peer): void;
  pairAgain(peer: Peer): void;
}

/** Longest payload of a frame, in bytes. */
export const MAX_LINK_PAYLOAD = 2_048;

/**
 * The two switches are independent. Neither: the legacy link as shipped (CVE-2018-14781, CVE-2019-10964). `antiReplay` alone:
 * a rolling counter in cleartext, which stops a recording but not a forger who counts on. `authenticated` alone: AES-128-GCM
 * whose counter makes nonces unique but is not checked for freshness, so that a recording is accepted.
 */
export interface LinkSecurity {
  readonly authenticated: boolean;
  readonly antiReplay: boolean;
}
