import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Campaign } from '#simulate/attack/campaign-step';
import type { RunOutcome } from '#simulate/exercise/run-outcome';
import { runWard } from '#simulate/exercise/run-ward';
import type { DefenceSet } from '#simulate/exercise/scenario';
import { commissionFor, definition, laboratory } from './laboratory-bench.ts';

const ward = laboratory.wards.get('closed-loop-home')!;
const commissioned = commissionFor(ward);
const ALL = laboratory.defenceSets.get('all')!;
const NONE = laboratory.defenceSets.get('none')!;

/** Twelve hours of an ordinary day: meals, sensor errors, lost frames. */
function run(defenceSet: DefenceSet, campaign?: Campaign, number = 0): RunOutcome {
  return runWard(definition, {
    ward,
    defenceSet,
    patient: laboratory.patientOf('adult#001'),
    run: number,
    horizonMin: 720,
    commissioned,
    ...(campaign === undefined ? {} : { campaign }),
  });
}

/** In radio range all day and listening, for a glucose that never comes. */
const NEVER_ACTS: Campaign = {
  positions: ['radio-range', 'on-handset'],
  steps: [
    { id: 'waits', technique: 'injected-bolus', start: { kind: 'heard-glucose-below', mgPerDl: 41 } },
    { id: 'then', technique: 'malware-bolus', start: { kind: 'after', step: 'waits', delayMin: 5 } },
  ],
};
const AT_NINE: Campaign = {
  positions: ['radio-range'],
  steps: [{ id: 'bolus', technique: 'injected-bolus', start: { kind: 'at', minute: 540 } }],
};

for (const set of [NONE, ALL]) {
  test(`an adversary that never acts changes nothing at all, with defences ${set.id}`, () => {
    const attacked = run(set, NEVER_ACTS);
    assert.equal(attacked.adversary.firstActMin, undefined);
    assert.deepEqual(attacked, run(set));
  });
}

test('until the first act, an attacked run is its baseline in every value', () => {
  const attacked = run(NONE, AT_NINE);
  const baseline = run(NONE);
  const before = Math.floor(attacked.adversary.firstActMin! / 5);
  assert.ok(before >= 36);
  for (const series of ['glucose', 'delivered', 'commanded'] as const) {
    assert.deepEqual(attacked.body[series].slice(0, before), baseline.body[series].slice(0, before));
  }
  assert.notDeepEqual(attacked.body.delivered.slice(before), baseline.body.delivered.slice(before));
});

test('watching and not acting changes no body: the monitor’s baseline is the undefended one', () => {
  const monitored = run(laboratory.defenceSets.get('monitor-only')!);
  assert.deepEqual(monitored.body, run(NONE).body);
});

test('the same run is the same outcome; another number is another life', () => {
  assert.deepEqual(run(ALL, AT_NINE), run(ALL, AT_NINE));
  assert.notDeepEqual(run(NONE, undefined, 1).body.glucose, run(NONE).body.glucose);
});

test('influences are the adversary’s alone: none in a baseline, and a refused frame is none', () => {
  const baseline = run(ALL);
  assert.deepEqual([baseline.adversary.therapy.count, baseline.adversary.view.count], [0, 0]);
  const refused = run(ALL, AT_NINE);
  assert.ok(refused.adversary.acts.length > 0);
  assert.equal(refused.adversary.therapy.count, 0);
  assert.deepEqual(refused.body, baseline.body);
  const legacy = run(NONE, AT_NINE);
  assert.equal(legacy.adversary.therapy.firstWhat, 'pump: bolus');
});
