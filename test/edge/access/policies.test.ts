import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ACTION_NAMES,
  type Action,
  type AuthorizationQuestion,
  type Circumstances,
  type Principal,
  PURPOSES,
  type Resource,
  ROLES,
  type Role,
  subjectOf,
} from '#assure/access/authorization';
import { APPLIES_TO, referenceDecision } from '#assure/access/reference-decision';
import { Fault } from '#base/fault';
import { type AccessPolicies, loadAccessPolicies, standardPolicies } from '#edge/access/cedar/access-policies';

const policies = loadAccessPolicies();
const RUNS = { numRuns: 4_000 };
const wards = ['icu', 'ed'];
const subjects = ['patient-1', 'patient-2'];
const accounts = ['ada', 'ben'];

const roles = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ROLES).map((role) => [role]) },
  { weight: 1, arbitrary: fc.subarray([...ROLES]) },
);
const principals: fc.Arbitrary<Principal> = fc
  .record({
    kind: fc.constantFrom('person' as const, 'program' as const),
    id: fc.constantFrom(...accounts),
    roles,
    wards: fc.subarray(wards),
    patients: fc.subarray(subjects),
    scope: fc.option(fc.subarray([...ACTION_NAMES]), { nil: undefined, freq: 3 }),
  })
  .map(({ scope, ...rest }) => ({
    ...rest,
    credential: 'session/1',
    epoch: 1,
    ...(scope === undefined ? {} : { scope }),
  }));
const ward = fc.constantFrom(...wards);
const subject = fc.constantFrom(...subjects);
const resources: fc.Arbitrary<Resource> = fc.oneof(
  fc.record({ type: fc.constant('Twin' as const), subject, ward, research: fc.boolean() }),
  fc.record({ type: fc.constant('Twin' as const), subject, ward }),
  fc.record({
    type: fc.constant('Thing' as const),
    thing: fc.constant('pump-1'),
    subject,
    ward,
    research: fc.boolean(),
  }),
  fc.record({ type: fc.constant('Ward' as const), ward }),
  fc.record({ type: fc.constant('Account' as const), account: fc.constantFrom(...accounts) }),
  fc.constant({ type: 'Platform' as const }),
);
const questions: fc.Arbitrary<AuthorizationQuestion> = fc
  .record({
    action: fc.constantFrom(...ACTION_NAMES),
    resource: resources,
    purpose: fc.option(fc.constantFrom(...PURPOSES), { nil: undefined }),
    affordance: fc.option(fc.constant('deliverBolus'), { nil: undefined }),
  })
  .map(({ purpose, affordance, ...rest }) => ({
    ...rest,
    ...(purpose === undefined ? {} : { purpose }),
    ...(affordance === undefined ? {} : { affordance }),
  }));
const circumstances: fc.Arbitrary<Circumstances> = fc.record({
  brokenGlass: fc.boolean(),
  programAccount: fc.boolean(),
});
const nothing: Circumstances = { brokenGlass: false, programAccount: false };

/** Policies of a test beside the schema that is in force. */
function withPolicies<T>(text: string, use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-policies-'));
  try {
    const schema = 'wardtwin.cedarschema';
    writeFileSync(join(directory, schema), readFileSync(join(standardPolicies, schema)));
    writeFileSync(join(directory, 'test.cedar'), text);
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
const load = (text: string): AccessPolicies => withPolicies(text, loadAccessPolicies);
const said = (id: string): string => `@id("${id}") @statement("s") @reason("r")\n`;

test('the policies in force decide as the reference model does, for everybody and everything', () => {
  let permits = 0;
  fc.assert(
    fc.property(principals, questions, circumstances, (principal, question, around) => {
      const { outcome } = policies.evaluate(principal, question, around);
      assert.equal(outcome, referenceDecision(principal, question, around));
      permits += outcome === 'permit' ? 1 : 0;
    }),
    RUNS,
  );
  assert.ok(permits > RUNS.numRuns / 50, `only ${permits} permits: the differential test says little`);
});

test('default_refuse: without a role nothing is permitted but tokens of the own account', () => {
  fc.assert(
    fc.property(principals, questions, circumstances, (principal, question, around) => {
      const { outcome, determinedBy } = policies.evaluate({ ...principal, roles: [] }, question, around);
      if (outcome === 'permit') assert.deepEqual(determinedBy, ['own-tokens']);
      else assert.notEqual(determinedBy.length, 0);
    }),
    { numRuns: 1_000 },
  );
});

test('error_refuses: a policy that errors refuses, a prohibition and a permission alike', () => {
  const overflow = 'when { 9223372036854775807 + 1 > 0 };';
  const everything = `${said('all')}permit(principal, action, resource);\n`;
  for (const effect of ['permit', 'forbid']) {
    const erring = load(`${everything}${said('erring')}${effect}(principal, action, resource) ${overflow}`);
    fc.assert(
      fc.property(principals, questions, (principal, question) => {
        const decision = erring.evaluate({ ...principal, scope: ACTION_NAMES }, question, nothing);
        assert.equal(decision.outcome, 'refuse');
        assert.equal(decision.failed.length, 1);
      }),
      { numRuns: 100 },
    );
  }
});

test('forbid_trumps_permit: whatever is permitted, one prohibition refuses', () => {
  const all = load(`${said('all')}permit(principal, action, resource);`);
  const none = load(`${said('all')}permit(principal, action, resource);
    ${said('none')}forbid(principal, action, resource) when { context.brokenGlass };`);
  fc.assert(
    fc.property(principals, questions, (principal, question) => {
      const asked = { ...principal, scope: ACTION_NAMES };
      const permitted = all.evaluate(asked, question, nothing);
      if (permitted.outcome === 'refuse') assert.deepEqual(permitted.determinedBy, ['question']);
      else {
        const decision = none.evaluate(asked, question, { ...nothing, brokenGlass: true });
        assert.deepEqual([decision.outcome, decision.determinedBy], ['refuse', ['none']]);
      }
    }),
    { numRuns: 500 },
  );
});

test('scope_only_narrows: what a scoped token may do, it may without its scope', () => {
  fc.assert(
    fc.property(principals, questions, circumstances, (principal, question, around) => {
      const { scope, ...unscoped } = principal;
      const narrowed = policies.evaluate(principal, question, around).outcome;
      const whole = policies.evaluate(unscoped, question, around).outcome;
      if (narrowed === 'permit') assert.equal(whole, 'permit');
      if (scope !== undefined && !scope.includes(question.action)) assert.equal(narrowed, 'refuse');
    }),
    { numRuns: 1_500 },
  );
});

/** Every set of roles, 2^7 of them. */
const ROLE_SETS: readonly (readonly Role[])[] = Array.from({ length: 1 << ROLES.length }, (_, bits) =>
  ROLES.filter((_role, index) => (bits & (1 << index)) !== 0),
);
const READS: readonly Action[] = [
  'readTwin',
  'readHistory',
  'readThing',
  'readIncident',
  'readAudit',
  'readAccounts',
  'readMetrics',
  'readPolicy',
];
const place = { subject: 'patient-1', ward: 'icu' } as const;
const RESOURCES: Readonly<Record<Resource['type'], Resource>> = {
  Twin: { type: 'Twin', ...place, research: true },
  Thing: { type: 'Thing', thing: 'pump-1', ...place, research: true },
  Ward: { type: 'Ward', ward: 'icu' },
  Account: { type: 'Account', account: 'feed' },
  Platform: { type: 'Platform' },
};
/** Whom nothing but the policies keeps from anything: of the ward, treating the patient, with broken glass, asking about a program. */
const everywhere = (held: readonly Role[], kind: Principal['kind'] = 'person'): Principal => ({
  kind,
  id: 'ada',
  roles: held,
  wards: ['icu'],
  patients: ['patient-1'],
  credential: 'session/1',
  epoch: 1,
});
const everything: Circumstances = { brokenGlass: true, programAccount: true };
const mostFavourable = (action: Action): readonly AuthorizationQuestion[] =>
  APPLIES_TO[action].map((type) => ({ action, resource: RESOURCES[type] }));
const outcomes = (principal: Principal, action: Action, around = everything): readonly string[] =>
  mostFavourable(action).map((question) => policies.evaluate(principal, question, around).outcome);

const held = (role: Role): readonly (readonly Role[])[] => ROLE_SETS.filter((set) => set.includes(role));
const isPermittedToSomebody = (action: Action): boolean =>
  ROLE_SETS.some((set) => outcomes(everywhere(set), action).includes('permit'));

test('an_auditor_only_reads: whatever other roles the account has', () => {
  for (const action of ACTION_NAMES.filter((name) => !READS.includes(name) && name !== 'proveHistory')) {
    assert.ok(isPermittedToSomebody(action), `\`${action}\`: nobody may do it, so this says nothing`);
    for (const set of held('auditor'))
      assert.ok(!outcomes(everywhere(set), action).includes('permit'), `${set} ${action}`);
  }
});

test('an_administrator_treats_nobody: no therapy, no fork, no review, and only reads with broken glass', () => {
  const never: readonly Action[] = ['invokeAction', 'approveCommand', 'commissionTwin', 'forkTwin', 'reviewGlass'];
  for (const set of held('administrator')) {
    for (const action of never) assert.ok(!outcomes(everywhere(set), action).includes('permit'), `${set} ${action}`);
    for (const action of ['readTwin', 'readHistory'] as const) {
      assert.ok(!outcomes(everywhere(set), action, nothing).includes('permit'), `${set} ${action}`);
      assert.ok(outcomes(everywhere(set), action).includes('permit'), `${set} ${action} with broken glass`);
    }
  }
});

test('a_program_answers_for_nothing: it decides nothing that somebody has to answer for in person', () => {
  const never: readonly Action[] = [
    'breakGlass',
    'reviewGlass',
    'manageAccounts',
    'issueToken',
    'approveCommand',
    'releaseKillSwitch',
  ];
  for (const set of ROLE_SETS)
    for (const action of never)
      assert.ok(!outcomes(everywhere(set, 'program'), action).includes('permit'), `${set} ${action}`);
});

test('no_research_without_consent: nothing is done with a twin or device for it, whatever the roles', () => {
  const unconsented = (question: AuthorizationQuestion): AuthorizationQuestion => {
    const { research: _, ...resource } = question.resource as Resource & { readonly research?: boolean };
    return { ...question, resource: resource as Resource, purpose: 'research' };
  };
  const all = everywhere(ROLES.filter((role) => role !== 'auditor' && role !== 'administrator'));
  for (const action of ACTION_NAMES)
    for (const question of mostFavourable(action).filter(({ resource }) => subjectOf(resource) !== undefined))
      for (const set of [all, ...ROLES.map((role) => everywhere([role]))])
        assert.equal(policies.evaluate(set, unconsented(question), everything).outcome, 'refuse', `${action}`);
  const consented: AuthorizationQuestion = { action: 'readTwin', resource: RESOURCES.Twin, purpose: 'research' };
  assert.equal(policies.evaluate(everywhere(['researcher']), consented, nothing).outcome, 'permit');
});

test('unthought_of_means_forbidden: an action that is added one day falls under every prohibition', () => {
  const directory = mkdtempSync(join(tmpdir(), 'wardtwin-policies-'));
  try {
    cpSync(standardPolicies, directory, { recursive: true });
    const schema = join(directory, 'wardtwin.cedarschema');
    appendFileSync(
      schema,
      `action pretend appliesTo { principal: [Person, Program], resource: [Twin, Thing, Platform], context: Circumstances };`,
    );
    writeFileSync(
      join(directory, 'later.cedar'),
      `${said('later')}permit(principal, action == Action::"pretend", resource);`,
    );
    const later = loadAccessPolicies(directory);
    const pretend = (principal: Principal, type: Resource['type'], purpose?: 'research') => {
      const { research: _, ...resource } = RESOURCES[type] as Resource & { readonly research?: boolean };
      const question = { action: 'pretend' as Action, resource: resource as Resource };
      return later.evaluate(principal, purpose === undefined ? question : { ...question, purpose }, everything);
    };
    for (const set of ROLE_SETS) {
      const { outcome, determinedBy } = pretend(everywhere(set), 'Platform');
      const forbidden = [
        ...(set.includes('auditor') ? ['auditors-change-nothing'] : []),
        ...(set.includes('administrator') ? ['no-patient-data-for-administrators'] : []),
      ];
      assert.equal(outcome, forbidden.length === 0 ? 'permit' : 'refuse', set.join());
      assert.deepEqual(determinedBy, forbidden.length === 0 ? ['later'] : forbidden);
      assert.ok(pretend(everywhere(set, 'program'), 'Platform').determinedBy.includes('people-only'), set.join());
      for (const type of ['Twin', 'Thing'] as const)
        assert.ok(pretend(everywhere(set), type, 'research').determinedBy.includes('research-needs-consent'));
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a decision names the policies that determined it', () => {
  const clinician: Principal = {
    kind: 'person',
    id: 'ada',
    roles: ['clinician'],
    wards: ['icu'],
    patients: ['patient-1'],
    credential: 'x',
    epoch: 1,
  };
  const ask = (subject: string, purpose?: 'research') =>
    policies.evaluate(
      clinician,
      { action: 'readTwin', resource: { type: 'Twin', subject, ward: 'icu' }, ...(purpose ? { purpose } : {}) },
      nothing,
    );
  assert.deepEqual(ask('patient-1').determinedBy, ['clinician-reads-own-patients']);
  assert.deepEqual(ask('patient-2').determinedBy, ['default-refuse']);
  assert.deepEqual(ask('patient-1', 'research').determinedBy, ['research-needs-consent']);
});

test('policies that cannot be relied on do not load, and each says why', () => {
  const faulty: readonly (readonly [string, RegExp])[] = [
    ['permit(principal, action', /unexpected/],
    ['permit(principal, action, resource);', /@id is ``/],
    [`@id("a") @reason("r") permit(principal, action, resource);`, /@statement has `0` characters/],
    [`@id("scope") @statement("s") @reason("r") permit(principal, action, resource);`, /@id is `scope`/],
    [`${said('a')}permit(principal, action, resource);${said('a')}forbid(principal, action, resource);`, /used twice/],
    [`${said('a')}permit(principal in Role::"surgeon", action, resource);`, /surgeon/],
    [`${said('a')}permit(principal, action == Action::"readTwins", resource);`, /readTwins/],
    [`${said('a')}permit(principal, action, resource) when { context.night };`, /night.*not found/],
    [`${said('a')}permit(principal, action, resource) when { context.purpose == "care" };`, /types/],
    [`${said('a')}permit(principal, action, resource) when { false };`, /impossible/],
    [`${said('a')}permit(principal == ?principal, action, resource);`, /template/],
  ];
  for (const [text, reason] of faulty) {
    assert.throws(
      () => load(text),
      (failure) => failure instanceof Fault && failure.code === 'policy.invalid' && reason.test(failure.message),
      text,
    );
  }
  assert.throws(() => loadAccessPolicies(join(tmpdir(), 'there-is-no-such-folder')), { code: 'policy.unreadable' });
});
