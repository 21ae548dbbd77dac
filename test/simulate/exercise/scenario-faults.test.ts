import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import type { Scenario, Suite } from '#simulate/exercise/scenario';
import { type Known, scenarioFaults, suiteFaults } from '#simulate/exercise/scenario-faults';

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

test('every fault of a scenario is told at once, where it stands', () => {
  assert.deepEqual(
    scenarioFaults(scenario, known).map(({ pointer }) => pointer),
    [
      '/ward',
      '/criteria/some',
      '/patients/1',
      '/campaign/steps/0/technique',
      '/campaign/steps/0/parameters/units',
      '/campaign/steps/0/start/minute',
      '/campaign/steps/1/id',
      '/campaign/steps/1/technique',
      '/campaign/steps/1/start/step',
      '/campaign/steps/2/start/kind',
    ],
  );
});

test('every fault of a suite is told at once', () => {
  const suite: Suite = {
    id: 's',
    title: 's',
    description: 's',
    scenarios: ['one', 'two'],
    defenceSets: ['none', 'half'],
    patients: ['adult#001'],
    seed: 1,
    looks: [20, 20],
    confidence: 0.95,
  };
  assert.deepEqual(
    suiteFaults(suite, known).map(({ pointer }) => pointer),
    ['/scenarios/1', '/defenceSets/1', '/looks/1'],
  );
});
