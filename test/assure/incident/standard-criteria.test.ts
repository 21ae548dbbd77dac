import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { declareIncident, takeIn } from '#assure/incident/declare';
import { NO_INCIDENT } from '#assure/incident/incident';
import type { Finding } from '#assure/monitor/finding';
import { DAY, MINUTE, type Millis } from '#base/time';
import { finding, PLAYBOOKS, POLICY } from './sample.ts';

const NOW: Millis = DAY;

/** A finding of so many milliseconds ago. */
type Ago = (ago: Millis) => Finding;
const probable =
  (rule: string, what?: string): Ago =>
  (ago) =>
    finding(rule, NOW - ago, what === undefined ? {} : { what });
const possible =
  (rule: string, what?: string): Ago =>
  (ago) => ({ ...probable(rule, what)(ago), confidence: 'possible' });
const certain =
  (rule: string): Ago =>
  (ago) => ({ ...probable(rule)(ago), confidence: 'certain' });

/** The criterion that made an incident of the findings; the last two readings, if any, are given oldest first. */
function criterionOf(findings: readonly Finding[], glucose: readonly number[] = []): string | undefined {
  const readings = glucose.map((value, index) => {
    const at = NOW - (glucose.length - index) * MINUTE;
    return { at, receivedAt: at, glucose: value };
  });
  const event = { kind: 'AdverseEvent', id: 'event-1', since: 0, findings } as const;
  const { state } = declareIncident({ ...NO_INCIDENT, readings, event }, NOW, POLICY, PLAYBOOKS);
  return state.incidents[0]?.criterion;
}

/** Findings that meet a criterion for as long as it says, and not a millisecond longer. */
function testWindow(name: string, criterion: string, withinMin: number, findings: readonly Ago[], glucose?: number[]) {
  test(`${name}: ${criterion}, within ${withinMin} min`, () => {
    const at = (ago: Millis): Finding[] => findings.map((made) => made(ago));
    assert.equal(criterionOf(at(0), glucose), criterion);
    assert.equal(criterionOf(at(withinMin * MINUTE), glucose), criterion);
    assert.equal(criterionOf(at(withinMin * MINUTE + 1), glucose), undefined);
  });
}

function testNever(name: string, findings: readonly Ago[], glucose?: number[]) {
  test(`never: ${name}`, () =>
    assert.equal(
      criterionOf(
        findings.map((made) => made(0)),
        glucose,
      ),
      undefined,
    ));
}

describe('one certain finding', () => {
  testWindow('of any rule', 'one-certain', 60, [certain('rule-failed')]);
  testNever('one that is only probable', [probable('rule-failed')]);
});

describe('direct evidence in therapy', () => {
  const evidence = [
    'excess-bolus',
    'excess-basal',
    'unexplained-suspend',
    'missing-bolus',
    'missing-basal',
    'glucose-used-differs',
    'uncalled-bolus',
  ];
  for (const what of evidence)
    testWindow(what, 'direct-evidence-in-therapy', 30, [probable('insulin-reconciliation', what)]);
  testNever('another discrepancy', [probable('insulin-reconciliation', 'reservoir-loss')]);
  testNever('the word of another rule', [probable('clock-drift', 'excess-bolus')]);
  testNever('one that is merely possible', [possible('insulin-reconciliation', 'excess-bolus')]);
});

describe('two rules that agree', () => {
  testWindow('two rules', 'two-rules-agree', 30, [probable('silence'), probable('sequence')]);
  test('one of them too long ago', () => {
    assert.equal(criterionOf([probable('silence')(30 * MINUTE + 1), probable('sequence')(0)]), undefined);
  });
  testNever('one rule twice', [probable('silence'), probable('silence')]);
  testNever('one of them merely possible', [probable('silence'), possible('sequence')]);
});

describe('a finding that another one corroborates', () => {
  const rules = [
    'glucose-plausibility',
    'flat-line',
    'signal-replay',
    'divergence',
    'unexplained-insulin-effect',
    'therapy-parameter-drift',
  ];
  for (const [index, rule] of rules.entries()) {
    const other = rules[(index + 1) % rules.length]!;
    testWindow(`${rule} by ${other}`, 'corroborated', 120, [probable(rule), possible(other)]);
  }
  testNever('by a rule that looks at something else', [probable('divergence'), possible('silence')]);
  testNever('a rule that looks at something else', [probable('silence'), possible('divergence')]);
  testNever('possible ones alone', [possible('divergence'), possible('flat-line')]);
  testNever('by itself', [probable('divergence'), possible('divergence')]);
});

describe('readings of another day', () => {
  testWindow('signal-replay', 'readings-of-another-day', 30, [probable('signal-replay')]);
  testNever('merely possible', [possible('signal-replay')]);
  testNever('another rule about readings', [probable('flat-line')]);
});

describe('settings far off', () => {
  const far = ['basalProfile', 'maxBolus', 'maxBasal', 'carbRatio', 'correctionFactor', 'targetGlucose'];
  for (const what of [...far.map((name) => `${name}/far`), 'maxInsulinOnBoard/far', 'remoteEnabled'])
    testWindow(what, 'settings-far-off', 30, [probable('therapy-parameter-drift', what)]);
  for (const what of far) testNever(`${what}, not far`, [probable('therapy-parameter-drift', what)]);
  testNever('the word of another rule', [probable('clock-drift', 'maxBolus/far')]);
  testNever('merely possible', [possible('therapy-parameter-drift', 'maxBolus/far')]);
});

describe("the controller's clock ahead", () => {
  testWindow('a step ahead', 'controller-clock-ahead', 30, [probable('clock-drift', 'step-ahead')]);
  testNever('a step back', [probable('clock-drift', 'step-back')]);
  testNever('the word of another rule', [probable('timing', 'step-ahead')]);
  testNever('merely possible', [possible('clock-drift', 'step-ahead')]);
});

describe('a finding about therapy while glucose is low and falling', () => {
  const low = [79.9, 79.8];
  const criterion = 'therapy-finding-while-low';
  testWindow('reservoir', criterion, 60, [probable('insulin-reconciliation', 'reservoir-loss')], low);
  for (const rule of [
    'unexplained-insulin-effect',
    'therapy-parameter-drift',
    'remote-command-pattern',
    'alarm-inconsistency',
  ])
    testWindow(rule, criterion, 60, [probable(rule)], low);
  testNever('a rule that is not about therapy', [probable('silence')], low);
  testNever('merely possible', [possible('alarm-inconsistency')], low);
  const alarm = [probable('alarm-inconsistency')];
  testNever('at 80 mg/dL', alarm, [80.1, 80]);
  testNever('rising', alarm, [70, 70.1]);
  testNever('level', alarm, [70, 70]);
  testNever('one reading, which falls from nowhere', alarm, [70]);
  testNever('no reading at all', alarm);
  test('just below 80 mg/dL, from above it', () => {
    assert.equal(criterionOf([alarm[0]!(0)], [81, 79.99]), criterion);
  });
});

test('the first criterion in the list that is met gives the reason', () => {
  const all = [certain('insulin-reconciliation'), probable('signal-replay'), probable('clock-drift', 'step-ahead')];
  const findings = all.map((made) => made(0));
  assert.equal(criterionOf(findings, [79, 78]), 'one-certain');
  assert.equal(criterionOf(findings.slice(1), [79, 78]), 'two-rules-agree');
});

test('findings belong together for 120 min after the last one, and not a millisecond longer', () => {
  const after = (ms: Millis) => {
    const first = takeIn(NO_INCIDENT, [finding('silence', NOW)], NOW, POLICY, PLAYBOOKS);
    const second = [finding('timing', NOW + ms, { confidence: 'possible' })];
    const { event, events } = takeIn(first.state, second, NOW + ms, POLICY, PLAYBOOKS).state;
    return { id: event?.id, findings: event?.findings.length, events };
  };
  assert.deepEqual(after(120 * MINUTE), { id: 'event-1', findings: 2, events: 1 });
  assert.deepEqual(after(120 * MINUTE + 1), { id: 'event-2', findings: 1, events: 2 });
});
