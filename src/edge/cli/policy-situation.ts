import {
  ACTION_NAMES,
  type Action,
  type AuthorizationDecision,
  type AuthorizationQuestion,
  type Circumstances,
  type Principal,
  type Purpose,
  purposeOf,
  type Resource,
  ROLES,
} from '#assure/access/authorization';
import { APPLIES_TO } from '#assure/access/reference-decision';
import { Fault } from '#base/fault';
import type { PolicyStatement } from '#edge/access/cedar/check-policies';

/** What `policy explain` was given. */
export interface ExplainOptions {
  readonly role: readonly string[];
  readonly action: Action;
  readonly ward: readonly string[];
  readonly patientOf: readonly string[];
  readonly resource?: Resource['type'];
  readonly subject?: string;
  readonly inWard?: string;
  readonly purpose?: Purpose;
  readonly affordance?: string;
  readonly breakGlass: boolean;
  readonly research: boolean;
  readonly program: boolean;
  readonly scope?: readonly string[];
}

export interface PolicySituation {
  readonly principal: Principal;
  readonly question: AuthorizationQuestion;
  readonly circumstances: Circumstances;
}

export const RESOURCE_TYPES: readonly Resource['type'][] = ['Twin', 'Thing', 'Ward', 'Account', 'Platform'];

/** Names for what nobody named: they can be no one's. */
const SOMEBODY = 'somebody';
const ELSEWHERE = 'elsewhere';
const ASKER = 'asker';

/** @throws Fault `policy.question` for words that are no role or action */
export function situationOf(options: ExplainOptions): PolicySituation {
  const scope = options.scope?.map((name) => known(name, ACTION_NAMES, '--scope'));
  const { action, purpose, affordance } = options;
  return {
    principal: {
      kind: options.program ? 'program' : 'person',
      id: ASKER,
      roles: options.role.map((name) => known(name, ROLES, '--role')),
      wards: options.ward,
      patients: options.patientOf,
      ...(scope === undefined ? {} : { scope }),
      credential: 'session/explain',
      epoch: 1,
    },
    question: {
      action,
      resource: resourceOf(options),
      ...(purpose === undefined ? {} : { purpose }),
      ...(affordance === undefined ? {} : { affordance }),
    },
    circumstances: { brokenGlass: options.breakGlass, programAccount: false },
  };
}

function resourceOf({ action, resource, subject, patientOf, ward, inWard, research }: ExplainOptions): Resource {
  const type = resource ?? APPLIES_TO[action][0]!;
  const whose = subject ?? patientOf[0] ?? SOMEBODY;
  const where = inWard ?? ward[0] ?? ELSEWHERE;
  switch (type) {
    case 'Twin':
      return { type, subject: whose, ward: where, research };
    case 'Thing':
      return { type, thing: 'thing', subject: whose, ward: where };
    case 'Ward':
      return { type, ward: where };
    case 'Account':
      return { type, account: subject ?? ASKER };
    case 'Platform':
      return { type };
  }
}

function known<T extends string>(name: string, names: readonly T[], option: string): T {
  const found = names.find((candidate) => candidate === name);
  if (found === undefined) throw new Fault('policy.question', `${option}: \`${name}\`; there are ${names.join(', ')}`);
  return found;
}

/** The decision in sentences. */
export function explained(
  { outcome, determinedBy, failed }: AuthorizationDecision,
  statements: readonly PolicyStatement[],
  { principal, question }: PolicySituation,
): readonly string[] {
  const who = `${principal.kind === 'program' ? 'program with ' : ''}${principal.roles.join(' and ') || 'no role'}`;
  const asked = `${who}, ${question.action} on ${told(question.resource)}, for ${purposeOf(principal, question)}`;
  return [
    `${outcome}: ${asked}`,
    ...determinedBy.flatMap((id) => toldPolicy(id, statements)),
    ...failed.map(({ policy, error }) => `  ${policy} failed: ${error}`),
  ];
}

function toldPolicy(id: string, statements: readonly PolicyStatement[]): readonly string[] {
  const policy = statements.find((statement) => statement.id === id);
  if (policy === undefined) return [`  ${id}: ${BUILT_IN[id] ?? 'is no policy'}`];
  return [`  ${id} (${policy.effect}, ${policy.file})`, `    ${policy.statement};`, `    because ${policy.reason}`];
}

/** What refuses without a policy. */
const BUILT_IN: Readonly<Record<string, string>> = {
  'default-refuse': 'no policy permits it',
  scope: "the token's scope does not name the action",
  question: 'the action does not apply to that',
};

function told(resource: Resource): string {
  switch (resource.type) {
    case 'Twin':
      return `the twin of ${resource.subject} in ${resource.ward}`;
    case 'Thing':
      return `a thing of ${resource.subject} in ${resource.ward}`;
    case 'Ward':
      return `ward ${resource.ward}`;
    case 'Account':
      return `account ${resource.account}`;
    case 'Platform':
      return 'the platform';
  }
}
