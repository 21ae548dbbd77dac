import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { fromHex, toHex } from '#base/bytes';
import { Fault } from '#base/fault';
import { importAeadKey } from '#crypto/aead';
import { randomSecret } from '#crypto/secret';
import type { LinkConfiguration } from '#model/device/link/link';
import { PEERS, type Peer } from '#model/device/link/peer';

/** What the devices of one person know of each other since they were paired. */
export interface Pairing {
  readonly serials: LinkConfiguration['serials'];
  readonly keys: LinkConfiguration['keys'];
}

/** Frames that a device may send between two starts: its counters begin above all that it can have used. */
const FRAMES_PER_START = 2 ** 28;
const MOST_STARTS = 2 ** 20 - 1;
const KEY_BYTES = 16;
const RADIOS: readonly Peer[] = PEERS.filter((peer): peer is Peer => peer !== 'all');

/** Pairs the devices of one person anew, and writes down what each of them has to know. */
export function writePairing(path: string): void {
  const devices = RADIOS.map((peer) => {
    const [high = 0, middle = 0, low = 0] = randomSecret(3);
    const serial = 100_000 + (((high << 16) | (middle << 8) | low) % 900_000);
    return [peer, { serial, key: toHex(randomSecret(KEY_BYTES)) }] as const;
  });
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(devices), undefined, 2)}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** @throws Fault `device.pairing` */
export function readPairing(path: string): Pairing {
  try {
    const devices = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<Peer, { serial: number; key: string }>>;
    return {
      serials: Object.fromEntries(RADIOS.map((peer) => [peer, devices[peer].serial])),
      keys: Object.fromEntries(RADIOS.map((peer) => [peer, importAeadKey('A128GCM', fromHex(devices[peer].key))])),
    };
  } catch (cause) {
    throw new Fault('device.pairing', `device: \`${path}\` is no pairing; ${(cause as Error).message}`, { path });
  }
}

/** A device without a radio knows nobody, and its frames are read by nobody but itself. */
export const UNPAIRED: Pairing = { serials: { cgm: 0, handset: 0, remote: 0, pump: 0, gateway: 0 }, keys: {} };

/**
 * A device's place on the radio. INVARIANT: counters, and nonces with them, never repeat under one key: each start has a range
 * of its own, and starts are counted durably.
 */
export function linkOf(self: Peer, pairing: Pairing, start: number): LinkConfiguration {
  if (start > MOST_STARTS) throw new Fault('device.pairing', 'device: started too often; pair the devices again');
  const isPaired = pairing.keys[self] !== undefined;
  return {
    self,
    security: { authenticated: isPaired, antiReplay: isPaired },
    ...pairing,
    firstCounter: start * FRAMES_PER_START,
  };
}
