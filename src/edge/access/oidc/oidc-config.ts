import { ROLES, type Role } from '#assure/access/authorization';
import { Fault } from '#base/fault';

/** An OpenID provider that people sign in at. The secret comes from a file or the environment, never from the configuration's text. */
export interface OidcConfig {
  /** As the provider states it; `https:`, or `http:` on the machine itself. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Beside `openid`. Default `profile`. */
  readonly scopes?: readonly string[];
  /** Absent: an account must exist and be linked to the provider's `sub`; nobody gets one by signing in. */
  readonly mapping?: OidcMapping;
}

/** How claims become rights. Accounts made by it follow their claims at every sign-in. */
export interface OidcMapping {
  /** The claim that lists groups or roles, such as `groups`. */
  readonly claim: string;
  readonly roles: Readonly<Record<string, readonly Role[]>>;
  /** The claim that lists wards. Absent: none. */
  readonly wardsClaim?: string;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/;

/** @throws Fault `config.oidc` for what cannot be safe, or cannot work */
export function checkOidcConfig(config: OidcConfig): OidcConfig {
  const { issuer, clientId, clientSecret, mapping } = config;
  if (!URL.canParse(issuer)) throw refused(`issuer: \`${issuer}\` is no URL`);
  const { protocol } = new URL(issuer);
  if (protocol !== 'https:' && !isLoopbackHttp(issuer)) throw refused(`issuer: \`${issuer}\` has to be https`);
  if (clientId === '') throw refused('clientId: is empty; register Wardtwin at the provider');
  if (clientSecret.length < 16) throw refused('clientSecret: is shorter than 16 characters; let the provider make one');
  for (const role of Object.values(mapping?.roles ?? {}).flat()) {
    if (!ROLES.includes(role)) throw refused(`mapping: \`${role}\` is no role; there are ${ROLES.join(', ')}`);
  }
  return config;
}

/** Plain HTTP is borne only where it does not leave the machine. */
export function isLoopbackHttp(issuer: string): boolean {
  const { protocol, hostname } = new URL(issuer);
  return protocol === 'http:' && LOOPBACK.test(hostname);
}

const refused = (what: string): Fault => new Fault('config.oidc', `oidc ${what}`);
