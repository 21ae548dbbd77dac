import { Fault } from '#base/fault';

/** What the faults of access answer over HTTP. One entry per code; the codes are documented in the API's description. */
export const ACCESS_FAULTS = {
  'access.malformed': { status: 400, title: 'the request is not well formed' },
  'access.password-unsuitable': { status: 400, title: 'the password cannot be taken' },
  'access.unauthenticated': { status: 401, title: 'sign in first' },
  'access.sign-in-refused': { status: 401, title: 'signing in was refused' },
  'access.step-up': { status: 403, title: 'confirm who you are' },
  'access.refused': { status: 403, title: 'the action was refused' },
  'access.forged-request': { status: 403, title: 'the request does not come from this site' },
  'access.link-invalid': { status: 403, title: 'the link is used up, too old or unknown' },
  'access.unknown': { status: 404, title: 'there is no such thing' },
  'access.conflict': { status: 409, title: 'the state of things does not allow it' },
  'access.slowed': { status: 429, title: 'too many attempts' },
  'access.busy': { status: 503, title: 'too much at once' },
  'access.provider-unavailable': { status: 502, title: 'the identity provider does not answer' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type AccessFaultCode = keyof typeof ACCESS_FAULTS;

export const accessFault = (
  code: AccessFaultCode,
  message: string,
  data: Readonly<Record<string, unknown>> = {},
): Fault => new Fault(code, message, data);

export const isAccessFaultCode = (code: string): code is AccessFaultCode => Object.hasOwn(ACCESS_FAULTS, code);
