import type { CborObject, CborValue } from '#base/canonical';
import type { Millis } from '#base/time';
import type { RecordKind, SubjectId } from '#mirror/history/record';
import type { Account, AccountId, CredentialLink, OidcLink } from './account.ts';
import type { Role } from './authorization.ts';
import type { GlassGrant } from './glass.ts';
import type { Token } from './token.ts';

/** What the records of access state. INVARIANT: whatever the state depends on is in the body, times included. */
export interface AccessBodies {
  readonly SetUpCompleted: { readonly account: AccountId };
  readonly AccountCreated: {
    readonly account: AccountId;
    readonly kind: Account['kind'];
    readonly name: string;
    readonly displayName: string;
    readonly roles: readonly Role[];
    readonly wards: readonly string[];
    readonly patients: readonly SubjectId[];
    readonly managed: boolean;
    readonly oidc?: OidcLink;
    readonly link?: CredentialLink;
    readonly by: AccountId;
  };
  readonly AccountChanged: {
    readonly account: AccountId;
    readonly displayName?: string;
    readonly roles?: readonly Role[];
    readonly wards?: readonly string[];
    readonly patients?: readonly SubjectId[];
    /** `null` unlinks. */
    readonly oidc?: OidcLink | null;
    readonly by: AccountId;
  };
  readonly AccountDisabled: { readonly account: AccountId; readonly by: AccountId };
  readonly CredentialChanged: { readonly account: AccountId; readonly by: AccountId } & (
    | {
        readonly what: 'all';
        readonly password: string;
        readonly totp: Uint8Array;
        readonly recovery: readonly string[];
      }
    | { readonly what: 'password'; readonly password: string }
    | { readonly what: 'recovery'; readonly recovery: readonly string[] }
    | { readonly what: 'link'; readonly link: CredentialLink }
  );
  readonly RecoveryCodeUsed: { readonly account: AccountId; readonly digest: string };
  readonly SignedIn: {
    readonly account: AccountId;
    readonly session: string;
    readonly method: 'password' | 'oidc';
    readonly address: string;
    readonly lanes: readonly string[];
    /** Absent where version 0.2.0 wrote it. */
    readonly at?: Millis;
    readonly totpStep?: number;
    /** Of the provider: how it authenticated (OpenID Connect Core 1.0, 2). */
    readonly acr?: string;
    readonly amr?: readonly string[];
  };
  readonly SignInRefused: {
    /** Absent where no account is meant, or none can be told. */
    readonly account?: AccountId;
    readonly reason: string;
    readonly address: string;
    /** Lanes that count it; none where it was not looked at. */
    readonly lanes: readonly string[];
    readonly at: Millis;
    /** How many like this one it stands for. */
    readonly count: number;
  };
  readonly IdentityConfirmed: {
    readonly account: AccountId;
    readonly credential: string;
    readonly lanes: readonly string[];
    readonly totpStep?: number;
  };
  readonly SessionEnded: {
    readonly account: AccountId;
    readonly session: string;
    readonly by: AccountId;
    /** What was asked for in it holds no longer either. Not so where its owner signed out of it. */
    readonly revoked?: boolean;
  };
  readonly TokenIssued: Token;
  readonly TokenRevoked: { readonly id: string; readonly owner: AccountId; readonly by: AccountId };
  readonly AccessPermitted: AccessDecided;
  readonly AccessRefused: AccessDecided & {
    /** How many like this one it stands for, the first of them at `since`. */
    readonly count: number;
    readonly since: Millis;
  };
  readonly GlassBroken: Omit<GlassGrant, 'epoch' | 'review'>;
  readonly GlassReviewed: {
    readonly id: string;
    readonly by: AccountId;
    readonly finding: 'justified' | 'not-justified';
    readonly comment: string;
  };
  readonly PolicyLoaded: { readonly digest: string; readonly policies: readonly string[] };
}

/** A decision as it is recorded. */
export interface AccessDecided {
  readonly account: AccountId;
  readonly credential: string;
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string };
  readonly purpose: string;
  readonly affordance?: string;
  readonly determinedBy: readonly string[];
  readonly failed: readonly { readonly policy: string; readonly error: string }[];
}

export type AccessKind = keyof AccessBodies & RecordKind;

/** A record of access, before it was given its place and time in history. */
export type AccessEntry = {
  readonly [K in AccessKind]: { readonly kind: K; readonly subject: SubjectId; readonly body: AccessBodies[K] };
}[AccessKind];

/** Kinds that the state of access is folded from, and kinds that only tell what happened. */
export const ACCESS_KINDS: readonly AccessKind[] = [
  'SetUpCompleted',
  'AccountCreated',
  'AccountChanged',
  'AccountDisabled',
  'CredentialChanged',
  'RecoveryCodeUsed',
  'SignedIn',
  'SignInRefused',
  'IdentityConfirmed',
  'SessionEnded',
  'TokenIssued',
  'TokenRevoked',
  'AccessPermitted',
  'AccessRefused',
  'GlassBroken',
  'GlassReviewed',
  'PolicyLoaded',
];

export const isAccessKind = (kind: string): kind is AccessKind => (ACCESS_KINDS as readonly string[]).includes(kind);

/** The subject of records about one account: destroying its key forgets the person who left. */
export const accountSubject = (id: AccountId): SubjectId => `account/${id}`;

const SECRET_MEMBERS: readonly string[] = ['password', 'totp', 'recovery', 'digest', 'link'];

/** Kinds that hold such members, beside the records of access: the digest of a device's single-use token. */
const holdsSecrets = (kind: RecordKind): boolean =>
  kind === 'EnrolmentOffered' || (isAccessKind(kind) && kind !== 'PolicyLoaded');

/**
 * The body of a record without what could be used to sign in or to enrol. Whoever shows records to people must show this: even the
 * hash of a password is not for an auditor.
 */
export function withoutSecrets(kind: RecordKind, body: CborValue): CborValue {
  if (!holdsSecrets(kind)) return body;
  if (typeof body !== 'object' || body === null || Array.isArray(body) || body instanceof Uint8Array) return body;
  const members = Object.entries(body as CborObject).filter(([name]) => !SECRET_MEMBERS.includes(name));
  return Object.fromEntries(members);
}
