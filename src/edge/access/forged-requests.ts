import type { IncomingHttpHeaders } from 'node:http';
import { accessFault } from './access-fault.ts';
import { OIDC_COOKIE, SESSION_COOKIE } from './request-credentials.ts';

/** Sent with every request that changes something and rests on the session's cookie. Any value. */
export const REQUEST_HEADER = 'wardtwin-request';

const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

export interface SeenRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Refuses requests that another site made in somebody's browser. Three walls: the cookie is SameSite=Strict; the browser's own
 * `Sec-Fetch-Site` (or `Origin`, where it sends no such header) has to say that this site made the request; and it carries the
 * header `Wardtwin-Request`, which another site can send only after a CORS preflight that is never answered.
 * Programs with a bearer token and no cookie are not concerned: nothing is sent on their behalf.
 * @throws Fault `access.forged-request`
 */
export function refuseForgedRequest(request: SeenRequest, origin: string): void {
  const { method, headers } = request;
  if (SAFE_METHODS.includes(method) || restsOnBearer(headers)) return;
  refuseForeignOrigin(request, origin);
  if (headers[REQUEST_HEADER] === undefined)
    throw accessFault(
      'access.forged-request',
      'request: changes something without the header `Wardtwin-Request`; send it',
    );
}

/** The part that a plain form can keep: for pages whose form carries a secret of its own. */
export function refuseForeignOrigin({ headers }: SeenRequest, origin: string): void {
  const site = headers['sec-fetch-site'];
  const from = headers.origin;
  if (site === 'same-origin') return;
  const stated = from !== undefined && [origin, `https://${headers.host}`].includes(from);
  // Neither header: no browser of the last years. It still needs the header that no form can send.
  const bare = from === undefined && site === undefined;
  if (bare || (stated && (site === undefined || site === 'none'))) return;
  const told = String(site ?? from).slice(0, 100);
  throw accessFault('access.forged-request', `request: was made by another site (\`${told}\`); open this one`);
}

const restsOnBearer = ({ authorization, cookie = '' }: IncomingHttpHeaders): boolean =>
  authorization !== undefined && ![SESSION_COOKIE, OIDC_COOKIE].some((name) => cookie.includes(`${name}=`));
