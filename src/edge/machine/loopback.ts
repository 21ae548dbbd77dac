import { isIP } from 'node:net';

/**
 * Whether a host is this machine alone. Only addresses and `localhost` are: another name is whatever a name server says, also
 * one that begins like an address. The brackets that a URL puts around IPv6 are passed over.
 */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}
