import type { FastifyPluginAsync } from 'fastify';
import type { SubjectId } from '#mirror/history/record';
import type { ThingId } from '#model/thing/thing-id';

export const ROLES = [
  'clinician',
  'clinical-engineer',
  'security-engineer',
  'researcher',
  'auditor',
  'privacy-officer',
  'administrator',
] as const;
export type Role = (typeof ROLES)[number];

/** What somebody wants data for (GDPR, article 5(1)(b)). */
export const PURPOSES = ['care', 'maintenance', 'security', 'research', 'audit', 'administration'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Who was authenticated. `program` acts by a token that somebody issued to it. */
export interface Principal {
  readonly kind: 'person' | 'program';
  readonly id: string;
  readonly roles: readonly Role[];
  /** Wards it belongs to. */
  readonly wards: readonly string[];
  /** Patients it treats, as subjects. */
  readonly patients: readonly SubjectId[];
  /** Of a program's token: the actions it is restricted to. Absent: all that its roles permit. */
  readonly scope?: readonly Action[];
  /** The session or token, to be named in records; never the secret itself. */
  readonly credential: string;
}

/** Everything that is authorized, and nothing else. `privileged` permits are recorded like refusals. */
export const ACTIONS = {
  readTwin: { privileged: false },
  readHistory: { privileged: false },
  forkTwin: { privileged: false },
  commissionTwin: { privileged: true },
  invokeAction: { privileged: true },
  approveCommand: { privileged: true },
  throwKillSwitch: { privileged: true },
  releaseKillSwitch: { privileged: true },
  readThing: { privileged: false },
  enrolThing: { privileged: true },
  revokeThing: { privileged: true },
  admitSubject: { privileged: true },
  readIncident: { privileged: false },
  readAudit: { privileged: true },
  proveHistory: { privileged: false },
  manageAccounts: { privileged: true },
  issueToken: { privileged: true },
  breakGlass: { privileged: true },
  reviewGlass: { privileged: true },
  readMetrics: { privileged: false },
  readPolicy: { privileged: false },
} as const satisfies Readonly<Record<string, { readonly privileged: boolean }>>;
export type Action = keyof typeof ACTIONS;

/** What is acted upon. A `Twin` is the twin of one subject, a `Thing` one device of it. */
export type Resource =
  | { readonly type: 'Twin'; readonly subject: SubjectId; readonly ward: string }
  | { readonly type: 'Thing'; readonly thing: ThingId; readonly subject: SubjectId; readonly ward: string }
  | { readonly type: 'Ward'; readonly ward: string }
  | { readonly type: 'Account'; readonly account: string }
  | { readonly type: 'Platform' };

export interface AuthorizationQuestion {
  readonly action: Action;
  readonly resource: Resource;
  /** Stated by the caller (header `Purpose`); the one that its role implies where absent. */
  readonly purpose?: Purpose;
  /** Of `invokeAction` and `approveCommand`: the name of the WoT action. */
  readonly affordance?: string;
}

/** A decision is a value. A policy that errors refuses. `determinedBy` are ids of policies, or `default-refuse`, `scope`. */
export interface AuthorizationDecision {
  readonly outcome: 'permit' | 'refuse';
  readonly determinedBy: readonly string[];
  readonly failed: readonly { readonly policy: string; readonly error: string }[];
}

export interface Credentials {
  /** Value of the session cookie. */
  readonly session?: string;
  /** Of `Authorization: Bearer`. */
  readonly bearer?: string;
}

/** Who may do what, for everything that people and programs reach: API, streams, WoT. */
export interface Access {
  /** Who shows these credentials, or undefined. Cheap: it is asked for every request. */
  authenticate(credentials: Credentials): Principal | undefined;
  /** Decides without a trace, for filtering lists. Cached. */
  decide(principal: Principal, question: AuthorizationQuestion): AuthorizationDecision;
  /** Decides, and records a refusal or a privileged permit; resolves once that is durable. */
  authorize(principal: Principal, question: AuthorizationQuestion): Promise<AuthorizationDecision>;
  /** Calls back when the credential stops being valid: streams end at once. Returns how to stop listening. */
  onRevoked(credential: string, ended: () => void): () => void;
  /** Routes for signing in and out, accounts, tokens, OIDC, set-up, break-glass: below `/api/v1` and `/setup`. */
  readonly routes: FastifyPluginAsync;
}
