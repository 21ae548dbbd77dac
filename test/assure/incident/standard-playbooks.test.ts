import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { choosePlaybook } from '#assure/incident/choose-playbook';
import type { Incident } from '#assure/incident/incident';
import type { Playbook } from '#assure/incident/playbook';
import { progress, takeSteps } from '#assure/incident/progress';
import { HOUR, MINUTE, type Millis } from '#base/time';
import { finding, incidentOf, PLAYBOOKS, twinAt } from './sample.ts';

test('the graver playbook goes before', () => {
  const ranks = PLAYBOOKS.map(({ id, precedence }) => [id, precedence]);
  assert.deepEqual(Object.fromEntries(ranks), {
    'radio-link': 50,
    'handset-or-sensor': 40,
    pump: 30,
    'platform-account': 20,
    'view-only': 10,
    undetermined: 5,
  });
});

/** Rule, thing and what it found, and the playbook that a finding of these alone calls for. */
const CALLS: readonly (readonly [string, string, string | undefined, string])[] = [
  // somebody else commands the pump
  ['insulin-reconciliation', 'pump', 'excess-bolus', 'radio-link'],
  ['insulin-reconciliation', 'pump', 'excess-basal', 'radio-link'],
  ['insulin-reconciliation', 'pump', 'unexplained-suspend', 'radio-link'],
  ['insulin-reconciliation', 'pump', 'missing-bolus', 'radio-link'],
  ['insulin-reconciliation', 'pump', 'missing-basal', 'radio-link'],
  ['therapy-parameter-drift', 'pump', 'basalProfile', 'radio-link'],
  ['therapy-parameter-drift', 'pump', 'basalProfile/far', 'radio-link'],
  ['therapy-parameter-drift', 'pump', 'maxBolus', 'radio-link'],
  ['therapy-parameter-drift', 'pump', 'maxBolus/far', 'radio-link'],
  ['therapy-parameter-drift', 'pump', 'maxBasal', 'radio-link'],
  ['therapy-parameter-drift', 'pump', 'maxBasal/far', 'radio-link'],
  ['therapy-parameter-drift', 'pump', 'remoteEnabled', 'radio-link'],
  // the controller, or what it reads
  ['insulin-reconciliation', 'pump', 'glucose-used-differs', 'handset-or-sensor'],
  ['insulin-reconciliation', 'pump', 'uncalled-bolus', 'handset-or-sensor'],
  ['therapy-parameter-drift', 'handset', 'carbRatio', 'handset-or-sensor'],
  ['therapy-parameter-drift', 'handset', 'firmwareVersion', 'handset-or-sensor'],
  ['therapy-parameter-drift', 'handset', 'maxBolus', 'handset-or-sensor'],
  ['clock-drift', 'handset', undefined, 'handset-or-sensor'],
  ['alarm-inconsistency', 'handset', undefined, 'handset-or-sensor'],
  ['glucose-plausibility', 'cgm', undefined, 'handset-or-sensor'],
  ['flat-line', 'cgm', undefined, 'handset-or-sensor'],
  ['signal-replay', 'cgm', undefined, 'handset-or-sensor'],
  // the pump itself
  ['unexplained-insulin-effect', 'pump', undefined, 'pump'],
  ['insulin-reconciliation', 'pump', 'reservoir-loss', 'pump'],
  ['insulin-reconciliation', 'pump', 'basal-over-rate', 'pump'],
  ['therapy-parameter-drift', 'pump', 'firmwareVersion', 'pump'],
  ['alarm-inconsistency', 'pump', undefined, 'pump'],
  ['clock-drift', 'pump', undefined, 'pump'],
  ['battery-drain', 'pump', undefined, 'pump'],
  // an account
  ['remote-command-pattern', 'platform', undefined, 'platform-account'],
  // the view, whatever it is about
  ['authenticity-failure', 'pump', 'excess-bolus', 'view-only'],
  ['sequence', 'handset', 'uncalled-bolus', 'view-only'],
  ['silence', 'pump', 'reservoir-loss', 'view-only'],
  ['timing', 'pump', 'firmwareVersion', 'view-only'],
  ['history-tampering', 'pump', 'maxBolus', 'view-only'],
  ['divergence', 'handset', undefined, 'view-only'],
  ['rule-failed', 'pump', undefined, 'view-only'],
  ['clock-drift', 'gateway', undefined, 'view-only'],
  // what nothing above explains
  ['insulin-reconciliation', 'pump', 'something-else', 'undetermined'],
  ['insulin-reconciliation', 'handset', undefined, 'undetermined'],
  ['therapy-parameter-drift', 'pump', 'something-else', 'undetermined'],
  ['therapy-parameter-drift', 'cgm', 'maxBolus', 'undetermined'],
  ['alarm-inconsistency', 'cgm', undefined, 'undetermined'],
  ['a-rule-of-tomorrow', 'pump', undefined, 'undetermined'],
];

describe('a finding calls for', () => {
  for (const [rule, thing, what, expected] of CALLS) {
    test(`${expected}: ${rule} of the ${thing}${what === undefined ? '' : `, ${what}`}`, () => {
      const found = finding(rule, 0, { thing, ...(what === undefined ? {} : { what }) });
      assert.equal(choosePlaybook([found], PLAYBOOKS)?.id, expected);
    });
  }
});

/** What is done, and at which minute, without and with a further finding. */
const REFUSE_4_H = 'refuse remote commands for 240 min';
const STEPS: Readonly<Record<string, { readonly atOnce: readonly string[]; readonly later?: readonly string[] }>> = {
  'radio-link': {
    atOnce: ['fallBackToSafeBasal {"durationMin":240}', 'notify patient', REFUSE_4_H, 'notify staff'],
    later: ['10: revokeLink {"peer":"remote"}'],
  },
  'handset-or-sensor': {
    atOnce: ['fallBackToSafeBasal {"durationMin":480}', 'notify patient', REFUSE_4_H, 'notify staff'],
  },
  pump: { atOnce: ['notify patient', REFUSE_4_H, 'notify staff'] },
  'platform-account': { atOnce: [REFUSE_4_H, 'notify staff', 'notify patient'] },
  'view-only': { atOnce: ['refuse remote commands for 120 min', 'notify staff'] },
  undetermined: { atOnce: ['notify staff'] },
};

/** The steps of 24 hours, each with its minute. */
function stepsOf(playbook: Playbook, lastFindingAt: Millis): readonly string[] {
  let incident: Incident = incidentOf(playbook, { lastFindingAt });
  const steps: string[] = [];
  for (let now = 0; now <= 24 * HOUR; now += MINUTE / 2) {
    const taken = takeSteps(incident, playbook, now);
    incident = taken.incident;
    for (const response of taken.responses) {
      const at = now / MINUTE;
      if (response.kind === 'notify') steps.push(`${at}: notify ${response.who}`);
      else if (response.kind === 'command') steps.push(`${at}: ${response.action} ${JSON.stringify(response.input)}`);
      else steps.push(`${at}: refuse remote commands for ${(response.until - now) / MINUTE} min`);
    }
  }
  return steps;
}

describe('the steps of', () => {
  for (const playbook of PLAYBOOKS) {
    test(playbook.id, () => {
      const { atOnce, later = [] } = STEPS[playbook.id]!;
      const first = atOnce.map((step) => `0: ${step}`);
      assert.deepEqual(stepsOf(playbook, 0), first);
      assert.deepEqual(stepsOf(playbook, 1), [...first, ...later]);
    });
  }
});

describe('the way back of', () => {
  for (const playbook of PLAYBOOKS) {
    const phaseAt = (phase: Incident['phase'], now: Millis, glucose = 120, change: Partial<Incident> = {}) => {
      const stepsTaken = [...playbook.steps.keys()];
      const incident = incidentOf(playbook, { phase, stepsTaken, ...change });
      return progress(incident, playbook, now, twinAt(now, glucose)).incident.phase;
    };
    const inRange = (glucose: number, ms: Millis) => phaseAt('eradicated', ms, glucose, { inRangeSince: 0 });

    test(`${playbook.id}: contained after 40 quiet minutes, eradicated after 120, closed 12 h after recovery`, () => {
      for (const [phase, min, next] of [
        ['declared', 40, 'contained'],
        ['contained', 120, 'eradicated'],
        ['recovered', 720, 'closed'],
      ] as const) {
        assert.equal(phaseAt(phase, min * MINUTE - 1), phase);
        assert.equal(phaseAt(phase, min * MINUTE), next);
      }
    });
    test(`${playbook.id}: recovered after 30 min within 70 to 250 mg/dL`, () => {
      assert.equal(inRange(120, 30 * MINUTE), 'recovered');
      assert.equal(inRange(120, 30 * MINUTE - 1), 'eradicated');
      for (const glucose of [70, 250]) assert.equal(inRange(glucose, 30 * MINUTE), 'recovered');
      for (const glucose of [69.9, 250.1]) assert.equal(inRange(glucose, 30 * MINUTE), 'eradicated');
    });
  }
});

test('every playbook of the catalog has its rows here', () => {
  assert.deepEqual(PLAYBOOKS.map(({ id }) => id).sort(), Object.keys(STEPS).sort());
});
