import { SESSION_COOKIE } from '#edge/access/request-credentials';

/**
 * How whoever reads a description gets in: by a token (programs), or by the cookie of a session (browsers of this site). The token
 * is named as the scheme: a client that cannot choose between two takes the one that it can use.
 */
export const TD_SECURITY = {
  securityDefinitions: {
    bearer_sc: { scheme: 'bearer', in: 'header', name: 'Authorization', format: 'opaque' },
    cookie_sc: { scheme: 'apikey', in: 'cookie', name: SESSION_COOKIE },
  },
  security: ['bearer_sc'],
} as const;

export const TD_CONTEXT = 'https://www.w3.org/2022/wot/td/v1.1';
export const TD_TYPE = 'application/td+json';
export const thingUrn = (thing: string): string => `urn:wardtwin:thing:${thing}`;
export const twinUrn = (subject: string): string => `urn:wardtwin:twin:${subject}`;
