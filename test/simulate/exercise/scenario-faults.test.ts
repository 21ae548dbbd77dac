import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepStart } from '#simulate/attack/campaign-step';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import type { Scenario, Suite, Ward } from '#simulate/exercise/scenario';
import { type Known, type SemanticFault, scenarioFaults, suiteFaults } from '#simulate/exercise/scenario-faults';

const known: Known = {
  techniques: TECHNIQUES,
  wards: new Map(),
  defenceSets: new Set(['none', 'all']),
  scenarios: new Set(['one']),
  isPatient: (id) => id === 'adult#001',
};

const scenario: Scenario = {
  id: 'one',
  title: 'one',
  description: 'one',
  standsFor: [{ text: 'a source' }],
  ward: 'nowhere',
  wardOverrides: { startMinute: 60 },
  horizonMin: 120,
  objective: 'hypoglycaemia',
  effect: 'therapy',
  campaign: {
    positions: ['on-handset'],
    steps: [
      { id: 'a', technique: 'injected-bolus', parameters: { units: 99 }, start: { kind: 'at', minute: 30 } },
      { id: 'a', technique: 'magic', start: { kind: 'after', step: 'b', delayMin: 1 } },
      { id: 'b', technique: 'alarm-suppression', start: { kind: 'heard-bolus' } },
    ],
  },
  patients: ['adult#001', 'adult#999'],
  criteria: { some: [] },
};

const told = (faults: readonly SemanticFault[]): readonly string[] =>
  faults.map(({ pointer, message }) => `${pointer}: ${message}`);
const techniques = [...TECHNIQUES.keys()].map((id) => `\`${id}\``).join(', ');

test('every fault of a scenario is told at once: where it stands, and what would be right', () => {
  assert.deepEqual(told(scenarioFaults(scenario, known)), [
    '/ward: `nowhere` is no ward; there is none',
    '/criteria/some: `some` is no defence set; known are `none`, `all`',
    '/patients/1: patient `adult#999` is unknown; `adult#003` is one that is known',
    '/campaign/steps/0/technique: technique `injected-bolus` needs the position `radio-range`, which `positions` does not list',
    '/campaign/steps/0/parameters/units: `99` has to be at most 25 [iU]',
    '/campaign/steps/0/start/minute: `30` is outside the run, which lasts from minute 60 to 180',
    '/campaign/steps/1/id: step `a` is there already; give each an id of its own',
    `/campaign/steps/1/technique: \`magic\` is no technique; known are ${techniques}`,
    '/campaign/steps/1/start/step: `b` is no step above this one; known are `a`',
    '/campaign/steps/2/start/kind: `heard-bolus` needs the position `radio-range`, which `positions` does not list',
  ]);
});

test('a step begins within the run, after one above it, or by what is heard in radio range', () => {
  const ward = { startMinute: 90 } as Ward;
  const faultsOf = (start: StepStart, overrides: Scenario['wardOverrides'], wards: Known['wards'] = new Map()) => {
    const steps = [
      { id: 'first', technique: 'injected-bolus', start: { kind: 'at', minute: 100 } as const },
      { id: 'second', technique: 'injected-bolus', start },
    ];
    const { wardOverrides: _, ...rest } = scenario;
    const changed = { ...rest, ...(overrides === undefined ? {} : { wardOverrides: overrides }) };
    const campaign = { positions: ['radio-range'], steps } as const;
    return told(scenarioFaults({ ...changed, campaign, patients: [], criteria: {} }, { ...known, wards })).filter(
      (line) => line.startsWith('/campaign/steps/1'),
    );
  };
  const at = (minute: number): StepStart => ({ kind: 'at', minute });
  for (const minute of [60, 179]) assert.deepEqual(faultsOf(at(minute), { startMinute: 60 }), []);
  for (const minute of [59, 180]) assert.equal(faultsOf(at(minute), { startMinute: 60 }).length, 1);
  // what the ward says, where the scenario overrides nothing; from midnight, where neither says anything
  const wards = new Map([['nowhere', ward]]);
  for (const [minute, faults] of [
    [89, 1],
    [90, 0],
    [209, 0],
    [210, 1],
  ] as const)
    assert.equal(faultsOf(at(minute), undefined, wards).length, faults, `${minute}`);
  assert.deepEqual(faultsOf(at(0), undefined), []);
  assert.deepEqual(faultsOf({ kind: 'after', step: 'first', delayMin: 1 }, undefined), []);
  assert.equal(faultsOf({ kind: 'after', step: 'second', delayMin: 1 }, undefined).length, 1);
  assert.deepEqual(faultsOf({ kind: 'heard-bolus' }, undefined), []);
  for (const kind of ['heard-glucose-below', 'heard-glucose-above'] as const) {
    assert.deepEqual(faultsOf({ kind, mgPerDl: 70 }, undefined), []);
    const deaf = {
      ...scenario,
      campaign: { positions: [], steps: [{ id: 'a', technique: 'x', start: { kind, mgPerDl: 70 } }] },
    };
    assert.match(told(scenarioFaults(deaf, known)).at(-1)!, new RegExp(`${kind}.*radio-range`));
  }
});

test('a scenario without patients of its own has no fault in them, and a pointer escapes what it has to', () => {
  const { patients: _, ...without } = scenario;
  assert.ok(!told(scenarioFaults(without, known)).some((line) => line.startsWith('/patients')));
  const odd = { ...scenario, criteria: { 'a~b/c': [] } };
  assert.ok(told(scenarioFaults(odd, known)).some((line) => line.startsWith('/criteria/a~0b~1c: ')));
});

const SUITE: Suite = {
  id: 's',
  title: 's',
  description: 's',
  scenarios: ['one', 'two'],
  defenceSets: ['none', 'half'],
  patients: ['adult#001', 'adult#999'],
  seed: 1,
  looks: [20, 20],
  confidence: 0.95,
};

test('every fault of a suite is told at once', () => {
  assert.deepEqual(told(suiteFaults(SUITE, known)), [
    '/scenarios/1: `two` is no scenario; known are `one`',
    '/defenceSets/1: `half` is no defence set; known are `none`, `all`',
    '/looks/1: `20` has to be more than the `20` before it',
    '/patients/1: patient `adult#999` is unknown; `adult#003` is one that is known',
  ]);
  const sound = { ...SUITE, scenarios: 'all', defenceSets: ['all'], patients: [], looks: [1, 2] } as const;
  assert.deepEqual(suiteFaults(sound, known), []);
  assert.deepEqual(told(suiteFaults({ ...sound, looks: [0] }, known)), [
    '/looks/0: `0` has to be more than the `0` before it',
  ]);
});

test('the looks of a suite share the error that there is: one share each, together 1 at most', () => {
  const faultsOf = (...errorShares: readonly number[]) =>
    told(suiteFaults({ ...SUITE, scenarios: 'all', defenceSets: [], patients: [], looks: [1, 2], errorShares }, known));
  for (const shares of [
    [0.8, 0.2],
    [0.3, 0.3],
    [0.7, 0.3 + 1e-10],
  ] as const)
    assert.deepEqual(faultsOf(...shares), []);
  assert.deepEqual(faultsOf(0.75, 0.5), ['/errorShares: the shares add up to `1.25`; together they can spend 1']);
  assert.equal(faultsOf(0.7, 0.3 + 2e-9).length, 1);
  assert.deepEqual(faultsOf(1), ['/errorShares: `1` shares for `2` looks; it has to be one for each']);
});

test('forty names are listed, and that there are others', () => {
  const many = (count: number) => new Set(Array.from({ length: count }, (_, index) => `s${index + 1}`));
  const faultOf = (count: number) =>
    told(
      suiteFaults(
        { ...SUITE, scenarios: ['?'], defenceSets: [], patients: [], looks: [] },
        { ...known, scenarios: many(count) },
      ),
    )[0];
  assert.match(faultOf(40)!, /`s40`$/);
  assert.match(faultOf(41)!, /`s40` and others$/);
});
