import type { IncomingHttpHeaders } from 'node:http';
import { PURPOSES, type Purpose } from '#assure/access/authorization';
import type { Credentials } from './access.ts';
import { accessFault } from './access-fault.ts';

/** `__Host-`: the browser itself sees to it that the cookie is Secure, of this host only, and for every path (RFC 6265bis, 4.1.3.2). */
export const SESSION_COOKIE = '__Host-wardtwin';
export const OIDC_COOKIE = '__Host-wardtwin-oidc';

const HEADER_LIMIT = 8_192;

/** What a request shows: the session's cookie, a bearer token, or both. A cookie that is there twice is none. */
export function credentialsOf(headers: IncomingHttpHeaders): Credentials {
  const session = cookieOf(headers, SESSION_COOKIE);
  const bearer = /^Bearer ([A-Za-z0-9_~+/.=-]{1,512})$/i.exec(headers.authorization ?? '')?.[1];
  return { ...(session === undefined ? {} : { session }), ...(bearer === undefined ? {} : { bearer }) };
}

export function cookieOf({ cookie = '' }: IncomingHttpHeaders, name: string): string | undefined {
  if (cookie.length > HEADER_LIMIT) return undefined;
  const values = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 && values[0] !== '' ? values[0] : undefined;
}

/** A cookie that scripts cannot read. `Lax` only where a provider has to send the browser back with it. */
export const setCookie = (name: string, value: string, sameSite: 'Strict' | 'Lax' = 'Strict'): string =>
  `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${sameSite}`;

export const clearCookie = (name: string): string => `${setCookie(name, '')}; Max-Age=0`;

/** What the request says it wants data for (header `Purpose`). @throws Fault `access.malformed` */
export function purposeOfRequest(headers: IncomingHttpHeaders): Purpose | undefined {
  const stated = headers['purpose'];
  if (stated === undefined) return undefined;
  const purpose = PURPOSES.find((known) => known === stated);
  if (purpose === undefined)
    throw accessFault(
      'access.malformed',
      `header Purpose: \`${String(stated).slice(0, 40)}\`; there are ${PURPOSES.join(', ')}`,
    );
  return purpose;
}
