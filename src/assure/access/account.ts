import { HOUR, type Millis } from '#base/time';
import type { SubjectId } from '#mirror/history/record';
import type { Role } from './authorization.ts';
import type { HeldRight } from './held-right.ts';

/** Made by the platform, never chosen: records of others name it, and it says nothing about a person. */
export type AccountId = string;

/** Who somebody is at an OpenID provider: `sub` is unique within `iss` only (OpenID Connect Core 1.0, 5.7). */
export interface OidcLink {
  readonly issuer: string;
  readonly subject: string;
}

/** A single-use link by which the owner of an account sets password and second factor; SHA-256 in hexadecimal. */
export interface CredentialLink {
  readonly digest: string;
  readonly until: Millis;
  /** By which session it was made. Absent where version 0.2.0 wrote it. */
  readonly credential?: string;
}

export interface Account {
  readonly id: AccountId;
  /** Nobody signs in to the account of a program: it only owns tokens. */
  readonly kind: 'person' | 'program';
  /** What is typed to sign in; unique among the accounts. */
  readonly name: string;
  readonly displayName: string;
  readonly roles: readonly Role[];
  readonly wards: readonly string[];
  readonly patients: readonly SubjectId[];
  readonly disabled: boolean;
  readonly oidc?: OidcLink;
  /** Roles and wards follow the claims of the provider at every sign-in, and lapse where it confirms them no more. */
  readonly managed: boolean;
  /** When somebody last signed in to it at the provider. */
  readonly confirmedAt?: Millis;
  /** Argon2id in the PHC format. */
  readonly password?: string;
  readonly totp?: Uint8Array;
  /** The last step of the second factor that was accepted; 0 for none. */
  readonly totpStep: number;
  /** SHA-256, in hexadecimal, of the codes that are not used up. */
  readonly recovery: readonly string[];
  readonly link?: OfferedLink;
  /** Networks that the account signed in from, the latest first. */
  readonly networks: readonly string[];
  /** Grows with every change that ends sessions and streams: of rights, and of whatever moves the epoch. */
  readonly version: number;
  /**
   * Grows with every change of credentials, with disabling, with a use of emergency rights that was not justified, and where the provider
   * takes rights away: nothing that was signed, issued, taken or asked for before it holds any more (`standing`).
   */
  readonly epoch: number;
  /** Sessions that somebody ended because they were not to be trusted, by their credentials, the latest first. */
  readonly revoked: readonly string[];
}

/** A link, and by which right it was made. */
export interface OfferedLink extends CredentialLink {
  readonly by: HeldRight;
}

/** The rights of a managed account lapse so long after the provider last confirmed them, until it does again. */
export const PROVIDER_CONFIRMATION: Millis = 24 * HOUR;

export const isUnconfirmed = ({ managed, confirmedAt }: Account, now: Millis): boolean =>
  managed && (confirmedAt === undefined || now - confirmedAt > PROVIDER_CONFIRMATION);

export const ACCOUNT_LIMIT = 10_000;
export const NETWORKS_LIMIT = 8;
/** An account has ten sessions at once, and what waits for a second person or a device waits for a day or so. */
export const REVOKED_LIMIT = 64;
export const WARDS_LIMIT = 64;
export const PATIENTS_LIMIT = 2_000;

const NAME = /^[a-z0-9][a-z0-9._@-]{1,63}$/;

/** What a sign-in name is compared as: case and composition do not tell people apart. */
export const normalizeName = (name: string): string => name.normalize('NFC').trim().toLowerCase();

export const isAccountName = (name: string): boolean => NAME.test(name);
