import { isIP } from 'node:net';
import { Fault } from '#base/fault';

/** By what a server is reached: host names and IP addresses. */
export interface ServerNames {
  readonly names: readonly string[];
  readonly addresses: readonly string[];
}

const NAMES_LIMIT = 32;
const HOST_NAME_LIMIT = 253;
const HOST_NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws Fault `pki.server-names` for none, too many, or one that is no host name (RFC 1123, 2.1; no wildcard) or address */
export function requireServerNames({ names, addresses }: ServerNames): void {
  const count = names.length + addresses.length;
  if (count === 0 || count > NAMES_LIMIT) {
    throw refused(`\`${count}\` names and addresses; state from 1 to ${NAMES_LIMIT} by which clients reach it`);
  }
  for (const name of names) {
    const isHostName = name.length <= HOST_NAME_LIMIT && HOST_NAME.test(name) && isIP(name) === 0;
    if (!isHostName) throw refused(`\`${name}\` is not a host name in lower case; write addresses as addresses`);
  }
  for (const address of addresses) {
    if (isIP(address) === 0 || address.includes('%')) throw refused(`\`${address}\` is not an IP address`);
  }
}

const refused = (what: string): Fault => new Fault('pki.server-names', `server certificate: ${what}`);
