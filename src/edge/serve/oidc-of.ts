import { ROLES } from '../access/access.ts';
import { checkOidcConfig, type OidcConfig } from '../access/oidc/oidc-config.ts';
import { readSecretEnv, readSecretFile, type ServeConfig } from './serve-config.ts';

/** The provider that the configuration names, with its secret. @throws Fault `config.oidc`, `config.secret` */
export function oidcOf({ oidc }: ServeConfig): OidcConfig | undefined {
  if (oidc === undefined) return undefined;
  const { issuer, clientId, clientSecretFile, clientSecretEnv, scopes, mapping } = oidc;
  const clientSecret =
    clientSecretFile === undefined ? readSecretEnv(clientSecretEnv ?? '') : readSecretFile(clientSecretFile);
  const roles = Object.entries(mapping?.roles ?? {}).map(([claim, names]) => [
    claim,
    names.map((name) => ROLES.find((role) => role === name) ?? (name as (typeof ROLES)[number])),
  ]);
  return checkOidcConfig({
    issuer,
    clientId,
    clientSecret,
    ...(scopes === undefined ? {} : { scopes }),
    ...(mapping === undefined ? {} : { mapping: { ...mapping, roles: Object.fromEntries(roles) } }),
  });
}
