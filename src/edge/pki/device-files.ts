import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { Fault } from '#base/fault';
import { PRIVATE, PUBLIC, renameDurably, replaceFile } from '#edge/machine/durable-file';
import { readTextIfThere } from '#edge/machine/read-if-there';
import type { Pem } from './pem.ts';

/** What a device shows, and whom it believes. */
export interface DeviceIdentity {
  /** PKCS #8. */
  readonly key: Pem;
  /** The device's certificate and its issuer's. */
  readonly chain: Pem;
  /** The root of the platform. */
  readonly ca: Pem;
}

/** Where a device keeps its identity: `device.key`, `device.pem` and `ca.pem` in one directory. */
export interface DeviceFiles {
  /** Keeps the key before a certificate is asked for it: an answer that arrives is of use even after a crash. */
  keepNextKey(key: Pem): Promise<void>;
  /** Puts a certificate into use, together with the key that was kept for it. */
  useNext(chain: Pem, ca: Pem): Promise<void>;
  /** Undefined before the device was enrolled. @throws Fault `device.identity-broken` */
  load(): Promise<DeviceIdentity | undefined>;
}

const PRIVATE_DIRECTORY = 0o700;

/**
 * Two files cannot be replaced at once, so the order makes up for it: the next key waits in `device.key.next`, the certificate
 * is replaced, then the key. `load` finishes what a crash in between left: the key that fits the certificate is the one in use.
 */
export function createDeviceFiles(directory: string): DeviceFiles {
  const paths = {
    key: join(directory, 'device.key'),
    nextKey: join(directory, 'device.key.next'),
    chain: join(directory, 'device.pem'),
    ca: join(directory, 'ca.pem'),
  };

  const load = async (): Promise<DeviceIdentity | undefined> => {
    const key = readTextIfThere(paths.key);
    const nextKey = readTextIfThere(paths.nextKey);
    const chain = readTextIfThere(paths.chain);
    const ca = readTextIfThere(paths.ca);
    if (chain === undefined || ca === undefined) return undefined;
    if (nextKey !== undefined && fits(nextKey, chain)) {
      renameDurably(paths.nextKey, paths.key);
      return { key: nextKey, chain, ca };
    }
    if (key === undefined || !fits(key, chain)) {
      throw new Fault(
        'device.identity-broken',
        `device: no key in \`${directory}\` fits its certificate; remove device.pem and enrol with a new token`,
        { directory },
      );
    }
    return { key, chain, ca };
  };

  return {
    keepNextKey: async (key) => {
      await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
      // a renewal that a crash interrupted is finished first, or its key would be lost here
      await load();
      replaceFile(paths.nextKey, key, PRIVATE);
    },
    useNext: async (chain, ca) => {
      replaceFile(paths.ca, ca, PUBLIC);
      replaceFile(paths.chain, chain, PUBLIC);
      renameDurably(paths.nextKey, paths.key);
    },
    load,
  };
}

/** Whether `key` is the private key of the first certificate of `chain`. */
function fits(key: Pem, chain: Pem): boolean {
  try {
    createSecureContext({ key, cert: chain });
    return true;
  } catch {
    return false;
  }
}
