import { WARDS_LIMIT } from '#assure/access/account';
import { ROLES, type Role } from '#assure/access/authorization';
import type { OidcMapping } from './oidc-config.ts';

/** Claims of a validated ID token: whatever the provider put there. */
export type Claims = Readonly<Record<string, unknown>>;

export interface ClaimedRights {
  readonly roles: readonly Role[];
  readonly wards: readonly string[];
}

const TEXT_LIMIT = 64;
const VALUES_LIMIT = 500;

/** The rights that somebody's claims come to; values that the mapping does not know give none. */
export function claimedRights(claims: Claims, { claim, roles, wardsClaim }: OidcMapping): ClaimedRights {
  const given = new Set(texts(claims[claim]).flatMap((value) => (Object.hasOwn(roles, value) ? roles[value]! : [])));
  const wards = wardsClaim === undefined ? [] : texts(claims[wardsClaim]);
  return { roles: ROLES.filter((role) => given.has(role)), wards: [...new Set(wards)].slice(0, WARDS_LIMIT).sort() };
}

/** A claim that is a list of short texts, or one. */
export function texts(claim: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(claim) ? claim.slice(0, VALUES_LIMIT) : [claim];
  return values.filter(
    (value): value is string =>
      typeof value === 'string' && value.length <= TEXT_LIMIT && value !== '' && value.isWellFormed(),
  );
}
