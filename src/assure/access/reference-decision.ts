import type { Action, AuthorizationQuestion, Circumstances, Principal, Purpose, Role } from './authorization.ts';
import { purposeOf, subjectOf } from './authorization.ts';

/** What a rule may look at. */
interface Situation {
  readonly principal: Principal;
  readonly question: AuthorizationQuestion;
  readonly purpose: Purpose;
  readonly has: (role: Role) => boolean;
  /** The resource lies in a ward of the principal, or is one. */
  readonly inWard: boolean;
  /** The principal treats the subject of the resource. */
  readonly treats: boolean;
  readonly circumstances: Circumstances;
}

interface Rule {
  readonly actions: readonly Action[];
  readonly holds: (situation: Situation) => boolean;
}

const PATIENT_DATA: readonly Action[] = ['readTwin', 'readHistory', 'forkTwin'];
const THERAPY: readonly Action[] = ['invokeAction', 'approveCommand'];

const isOwnPatient = ({ has, treats, inWard, purpose }: Situation): boolean =>
  has('clinician') && treats && inWard && purpose === 'care';

const PERMIT: readonly Rule[] = [
  { actions: [...PATIENT_DATA, ...THERAPY, 'readThing', 'readIncident'], holds: isOwnPatient },
  { actions: ['throwKillSwitch'], holds: ({ has, inWard }) => has('clinician') && inWard },
  { actions: ['breakGlass'], holds: ({ has, purpose }) => has('clinician') && purpose === 'care' },
  {
    actions: [...PATIENT_DATA, 'invokeAction', 'readThing', 'readIncident'],
    holds: ({ has, circumstances, purpose }) => has('clinician') && circumstances.brokenGlass && purpose === 'care',
  },
  { actions: ['breakGlass'], holds: ({ has }) => has('administrator') },
  {
    actions: ['readTwin', 'readHistory'],
    holds: ({ has, circumstances }) => has('administrator') && circumstances.brokenGlass,
  },
  {
    actions: ['readThing', 'enrolThing', 'revokeThing', 'admitSubject', 'commissionTwin', 'readIncident'],
    holds: ({ has, inWard }) => has('clinical-engineer') && inWard,
  },
  {
    actions: ['readThing', 'readIncident', 'readAudit', 'proveHistory', 'readMetrics', 'readPolicy'],
    holds: ({ has }) => has('security-engineer'),
  },
  { actions: ['throwKillSwitch', 'revokeThing'], holds: ({ has }) => has('security-engineer') },
  {
    actions: ['readTwin', 'forkTwin'],
    holds: ({ has, inWard, purpose, question }) =>
      has('researcher') && inWard && purpose === 'research' && consented(question),
  },
  { actions: ['readPolicy'], holds: ({ has }) => has('researcher') },
  { actions: ['readAudit', 'proveHistory', 'readPolicy', 'readMetrics'], holds: ({ has }) => has('auditor') },
  {
    actions: ['readAudit', 'proveHistory', 'readPolicy', 'readAccounts', 'reviewGlass'],
    holds: ({ has }) => has('privacy-officer'),
  },
  {
    actions: [
      'readAccounts',
      'manageAccounts',
      'throwKillSwitch',
      'releaseKillSwitch',
      'readMetrics',
      'readPolicy',
      'proveHistory',
    ],
    holds: ({ has }) => has('administrator'),
  },
  { actions: ['issueToken'], holds: ({ has, circumstances }) => has('administrator') && circumstances.programAccount },
  {
    actions: ['issueToken'],
    holds: ({ principal, question: { resource } }) => resource.type === 'Account' && resource.account === principal.id,
  },
];

/** INVARIANT: all is forbidden but what is named, so that an action of later is too. */
interface Forbid {
  readonly concerns: (situation: Situation) => boolean;
  readonly allBut: readonly Action[];
  /** With broken glass these as well. */
  readonly withBrokenGlass?: readonly Action[];
}

const READS: readonly Action[] = [
  'readTwin',
  'readHistory',
  'readThing',
  'readIncident',
  'readAudit',
  'proveHistory',
  'readAccounts',
  'readMetrics',
  'readPolicy',
];
const DEVICES: readonly Action[] = ['enrolThing', 'revokeThing', 'admitSubject'];

const FORBID: readonly Forbid[] = [
  {
    concerns: ({ has }) => has('administrator'),
    allBut: [
      ...READS.filter((action) => !PATIENT_DATA.includes(action)),
      ...DEVICES,
      'manageAccounts',
      'issueToken',
      'breakGlass',
      'throwKillSwitch',
      'releaseKillSwitch',
    ],
    withBrokenGlass: ['readTwin', 'readHistory'],
  },
  {
    concerns: ({ principal }) => principal.kind === 'program',
    allBut: [...READS, ...DEVICES, 'forkTwin', 'commissionTwin', 'invokeAction', 'throwKillSwitch'],
  },
  { concerns: ({ has }) => has('auditor'), allBut: READS },
  {
    concerns: ({ purpose, question }) =>
      purpose === 'research' && subjectOf(question.resource) !== undefined && !consented(question),
    allBut: [],
  },
];

const forbids = ({ concerns, allBut, withBrokenGlass = [] }: Forbid, situation: Situation): boolean => {
  const { action } = situation.question;
  const spared = allBut.includes(action) || (situation.circumstances.brokenGlass && withBrokenGlass.includes(action));
  return concerns(situation) && !spared;
};

const consented = ({ resource }: AuthorizationQuestion): boolean =>
  (resource.type === 'Twin' || resource.type === 'Thing') && resource.research === true;

/** What each action can be done to; a question outside is refused. */
export const APPLIES_TO: Readonly<Record<Action, readonly AuthorizationQuestion['resource']['type'][]>> = {
  readTwin: ['Twin'],
  readHistory: ['Twin', 'Thing'],
  forkTwin: ['Twin'],
  commissionTwin: ['Twin'],
  invokeAction: ['Twin', 'Thing'],
  approveCommand: ['Twin', 'Thing'],
  throwKillSwitch: ['Platform', 'Ward', 'Twin'],
  releaseKillSwitch: ['Platform', 'Ward', 'Twin'],
  readThing: ['Thing', 'Ward'],
  enrolThing: ['Thing', 'Ward'],
  revokeThing: ['Thing'],
  admitSubject: ['Ward'],
  readIncident: ['Twin', 'Thing', 'Ward', 'Platform'],
  readAudit: ['Platform', 'Twin'],
  proveHistory: ['Platform', 'Twin', 'Thing'],
  readAccounts: ['Platform', 'Account'],
  manageAccounts: ['Platform', 'Account'],
  issueToken: ['Account'],
  breakGlass: ['Twin'],
  reviewGlass: ['Platform'],
  readMetrics: ['Platform'],
  readPolicy: ['Platform'],
};

/**
 * The policies of `catalog/policies/access` once more, as short as they can be said here: not what decides, but what the
 * policies in force are held against by the tests.
 */
export function referenceDecision(
  principal: Principal,
  question: AuthorizationQuestion,
  circumstances: Circumstances,
): 'permit' | 'refuse' {
  const { action, resource } = question;
  if (principal.scope !== undefined && !principal.scope.includes(action)) return 'refuse';
  if (!APPLIES_TO[action].includes(resource.type)) return 'refuse';
  const subject = subjectOf(resource);
  const situation: Situation = {
    principal,
    question,
    purpose: purposeOf(principal, question),
    has: (role) => principal.roles.includes(role),
    inWard: 'ward' in resource && principal.wards.includes(resource.ward),
    treats: subject !== undefined && principal.patients.includes(subject),
    circumstances,
  };
  const permits = (rule: Rule): boolean => rule.actions.includes(action) && rule.holds(situation);
  return !FORBID.some((rule) => forbids(rule, situation)) && PERMIT.some(permits) ? 'permit' : 'refuse';
}
