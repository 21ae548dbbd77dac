import type { FastifyRequest } from 'fastify';
import { Fault } from '#base/fault';
import type { Access, AuthorizationQuestion, Principal, Purpose } from '#edge/access/access';
import { refuseForeignOrigin, refuseForgedRequest } from '#edge/access/forged-requests';
import { credentialsOf, purposeOfRequest } from '#edge/access/request-credentials';

/** Who asks, and what for. */
export interface Caller {
  readonly principal: Principal;
  /** Stated by the header `Purpose`. */
  readonly purpose?: Purpose;
  /** What it was permitted so far: what the answer rests on, and is asked again before that leaves. */
  readonly permitted: AuthorizationQuestion[];
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. INVARIANT: not null in a handler below `/api/v1`, of WoT and of FHIR, but for what says that anybody may. */
    caller: Caller | null;
  }
}

/**
 * Who sent the request.
 * @throws Fault `http.unauthenticated`, `access.forged-request`, `access.malformed`
 */
export function callerOf(access: Access, request: FastifyRequest): Caller {
  const { headers, method } = request;
  const credentials = credentialsOf(headers);
  const origin = `https://${request.host}`;
  refuseForgedRequest({ method, headers }, origin);
  // a browser opens a socket for pages of any site, and sends its cookie along
  if (headers.upgrade !== undefined && credentials.session !== undefined)
    refuseForeignOrigin({ method, headers }, origin);
  const principal = access.authenticate(credentials);
  if (principal === undefined) {
    throw new Fault('http.unauthenticated', 'no valid session or token: sign in, or send `Authorization: Bearer`');
  }
  const purpose = purposeOfRequest(headers);
  return { principal, permitted: [], ...(purpose === undefined ? {} : { purpose }) };
}

/** The caller of a request that a hook has authenticated. */
export function callerIn(request: FastifyRequest): Caller {
  if (request.caller === null) throw new Fault('http.unauthenticated', 'no valid session or token');
  return request.caller;
}
