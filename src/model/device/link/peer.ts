/** Who can speak on the body-area radio. The position in the list is the number on the wire. */
export const PEERS = ['all', 'cgm', 'handset', 'remote', 'pump', 'gateway'] as const;

/** `all` is an address only: nobody sends as `all`. */
export type Address = (typeof PEERS)[number];
export type Peer = Exclude<Address, 'all'>;

export function addressFromNumber(value: number): Address | undefined {
  return PEERS[value];
}

export function numberOfAddress(address: Address): number {
  return PEERS.indexOf(address);
}

/** Printed on the housing; on the legacy link the only secret: an integer of at most six decimal digits. */
export type SerialNumber = number;

export const MAX_SERIAL_NUMBER: SerialNumber = 999_999;
