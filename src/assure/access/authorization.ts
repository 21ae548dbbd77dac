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

/** What a role is for: the purpose of whoever states none. */
const PURPOSE_OF_ROLE: Readonly<Record<Role, Purpose>> = {
  clinician: 'care',
  'clinical-engineer': 'maintenance',
  'security-engineer': 'security',
  researcher: 'research',
  auditor: 'audit',
  'privacy-officer': 'audit',
  administrator: 'administration',
};

/** Who was authenticated. `program` acts by a token that somebody issued to it. */
export interface Principal {
  readonly kind: 'person' | 'program';
  /** The account, of a program the one that owns its token: nobody approves by a program what he asked for himself. */
  readonly id: string;
  readonly roles: readonly Role[];
  /** Wards it belongs to. */
  readonly wards: readonly string[];
  /** Patients it treats, as subjects. */
  readonly patients: readonly SubjectId[];
  /** Of a program's token: the actions it is restricted to. Absent: all that its roles permit. */
  readonly scope?: readonly Action[];
  /** The session or token, `session/<id>` or `token/<id>`, to be named in records; never the secret itself. */
  readonly credential: string;
  /** Of the account, when it was authenticated (`Account.epoch`). */
  readonly epoch: number;
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
  readAccounts: { privileged: false },
  manageAccounts: { privileged: true },
  issueToken: { privileged: true },
  breakGlass: { privileged: true },
  reviewGlass: { privileged: true },
  readMetrics: { privileged: false },
  readPolicy: { privileged: false },
} as const satisfies Readonly<Record<string, { readonly privileged: boolean }>>;
export type Action = keyof typeof ACTIONS;

export const ACTION_NAMES = Object.keys(ACTIONS) as readonly Action[];

/** What is acted upon. A `Twin` is the twin of one subject, a `Thing` one device of it. */
export type Resource =
  | {
      readonly type: 'Twin';
      readonly subject: SubjectId;
      readonly ward: string;
      /** Whether the subject consented to the use for research. Absent: no. */
      readonly research?: boolean;
    }
  | {
      readonly type: 'Thing';
      readonly thing: ThingId;
      readonly subject: SubjectId;
      readonly ward: string;
      /** As of a twin. */
      readonly research?: boolean;
    }
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

/** What a decision rests on beside the principal and the question. */
export interface Circumstances {
  /** Whether the principal took rights over the resource's subject in an emergency, and still has them. */
  readonly brokenGlass: boolean;
  /** Of an `Account`: whether it belongs to a program, which nobody signs in to. */
  readonly programAccount: boolean;
}

/**
 * A decision is a value. A policy that errors refuses. `determinedBy` are ids of policies, or `default-refuse`, `scope` (the
 * token does not reach that far), `credential` (the session or token has ended), `step-up` (it was not confirmed who asks).
 */
export interface AuthorizationDecision {
  readonly outcome: 'permit' | 'refuse';
  readonly determinedBy: readonly string[];
  readonly failed: readonly { readonly policy: string; readonly error: string }[];
}

/** The purpose of a question: the stated one, or that of the principal's first role in the order of `ROLES`. */
export function purposeOf(principal: Principal, question: AuthorizationQuestion): Purpose {
  if (question.purpose !== undefined) return question.purpose;
  const role = ROLES.find((candidate) => principal.roles.includes(candidate));
  return role === undefined ? 'administration' : PURPOSE_OF_ROLE[role];
}

/** The subject whose data a resource holds, if it holds any. */
export const subjectOf = (resource: Resource): SubjectId | undefined =>
  resource.type === 'Twin' || resource.type === 'Thing' ? resource.subject : undefined;
