import type { ServerNames } from '../pki/server-names.ts';
import { LOOPBACK, type ServeConfig } from './serve-config.ts';

/** What the certificate is for: what the configuration states, and always the machine itself. */
export function serverNames({ names = [], addresses = [] }: ServeConfig): ServerNames {
  return {
    names: [...new Set([...names, 'localhost'])],
    addresses: [...new Set([...addresses, LOOPBACK, '::1'])],
  };
}

/** By which name a person on the same network is told to come. */
export const firstName = ({ names = [] }: ServeConfig): string => names[0] ?? 'localhost';
