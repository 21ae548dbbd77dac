import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Severity } from '#model/hazard/severity';
import { judge, type RunVerdict } from '#simulate/exercise/judge';
import { HORIZON_MIN, type MadeUp, outcome } from './made-up-outcome.ts';

interface Made {
  readonly attacked?: MadeUp;
  readonly baseline?: MadeUp;
  readonly undefended?: MadeUp;
  readonly effect?: 'therapy' | 'view';
  readonly harmAtLeast?: Severity;
}

const verdictOf = ({ attacked, baseline, undefended, effect = 'therapy', harmAtLeast = 'serious' }: Made): RunVerdict =>
  judge({
    attacked: outcome(attacked),
    baseline: outcome(baseline),
    undefended: outcome(undefended),
    effect,
    harmAtLeast,
  });

/** 2 U more from minute 60 on. */
const overdose = (minute: number): number => (minute === 60 ? 2.1 : 0.1);
const ATTACK: MadeUp = { firstActMin: 60, therapy: [60, 60], delivered: overdose };

test('an attack that changes what is delivered is not prevented', () => {
  assert.equal(verdictOf({ attacked: ATTACK }).prevented, false);
});

test('an attack without any influence is prevented, whatever else differs', () => {
  assert.equal(verdictOf({ attacked: { firstActMin: 60, delivered: overdose } }).prevented, true);
});

test('an influence that changes no more insulin than half a correction is prevented', () => {
  const half = (minute: number): number => (minute === 60 ? 0.6 : 0.1);
  assert.equal(verdictOf({ attacked: { ...ATTACK, delivered: half } }).prevented, true);
});

test('insulin withheld counts as insulin added does', () => {
  const withheld = (minute: number): number => (minute >= 60 ? 0 : 0.1);
  assert.equal(verdictOf({ attacked: { ...ATTACK, delivered: withheld } }).prevented, false);
});

test('what differed before the first influence is not the adversary’s doing', () => {
  const early = (minute: number): number => (minute === 30 ? 2.1 : minute === 35 ? -1.9 : 0.1);
  assert.equal(verdictOf({ attacked: { ...ATTACK, delivered: early } }).prevented, true);
  // a step counts when the influence began before its end
  const briefly = (from: number) => (minute: number) => (minute === from ? 2.1 : minute === from + 5 ? -1.9 : 0.1);
  assert.equal(verdictOf({ attacked: { ...ATTACK, delivered: briefly(50) } }).prevented, true);
  assert.equal(verdictOf({ attacked: { ...ATTACK, delivered: briefly(55) } }).prevented, false);
});

test('what a response changed before any influence is the cost of the defence', () => {
  const responses = [{ atMin: 40, touchesTherapy: true }];
  const onSafeProfile = { ...ATTACK, delivered: (minute: number) => (minute < 40 ? 0.2 : 0.1), responses };
  const loop = { delivered: () => 0.2 };
  assert.equal(verdictOf({ attacked: onSafeProfile, baseline: loop }).prevented, true);
  // Insulin that follows neither the loop nor the safe profile is the adversary's, whatever was done before.
  assert.equal(verdictOf({ attacked: { ...ATTACK, responses } }).prevented, false);
  assert.equal(
    verdictOf({ attacked: { ...ATTACK, responses: [{ atMin: 40, touchesTherapy: false }] } }).prevented,
    false,
  );
  assert.equal(
    verdictOf({ attacked: { ...ATTACK, responses: [{ atMin: 70, touchesTherapy: true }] } }).prevented,
    false,
  );
});

test('a response that the baseline has too excuses nothing: a false alarm in the morning prevents no attack at night', () => {
  const responses = [{ atMin: 40, touchesTherapy: true }];
  assert.equal(verdictOf({ attacked: { ...ATTACK, responses }, baseline: { responses } }).prevented, false);
});

test('a scenario that aims at the view is prevented while the view holds, or fails no longer than radios do', () => {
  const view = { effect: 'view' } as const;
  assert.equal(verdictOf({ ...view, attacked: { firstActMin: 60, viewLostMin: 29 } }).prevented, true);
  assert.equal(verdictOf({ ...view, attacked: { firstActMin: 60, viewLostMin: 30 } }).prevented, false);
  const both = { ...view, attacked: { firstActMin: 60, viewLostMin: 90 }, baseline: { viewLostMin: 61 } };
  assert.equal(verdictOf(both).prevented, true);
  assert.equal(verdictOf({ ...view, attacked: { firstActMin: 60, historyForged: true } }).viewLost, true);
});

test('a finding counts from the first act on, and the first one gives delay and rule', () => {
  const verdict = verdictOf({
    attacked: {
      ...ATTACK,
      findings: [{ atMin: 59 }, { atMin: 72, rule: 'divergence' }, { atMin: 80 }],
    },
  });
  assert.deepEqual([verdict.detected, verdict.detectedBy, verdict.detectionDelayMin], [true, 'divergence', 12]);
});

test('a finding that the baseline has too, within half an hour, is not the adversary’s', () => {
  const attacked = { ...ATTACK, findings: [{ atMin: 90 }] };
  assert.equal(verdictOf({ attacked, baseline: { findings: [{ atMin: 120 }] } }).detected, false);
  assert.equal(verdictOf({ attacked, baseline: { findings: [{ atMin: 121 }] } }).detected, true);
  assert.equal(verdictOf({ attacked, baseline: { findings: [{ atMin: 90, thing: 'cgm' }] } }).detected, true);
  assert.equal(verdictOf({ attacked, baseline: { findings: [{ atMin: 90, rule: 'silence' }] } }).detected, true);
});

test('an adversary that never acts is never detected', () => {
  const verdict = verdictOf({ attacked: { findings: [{ atMin: 90 }] } });
  assert.deepEqual([verdict.detected, verdict.detectionDelayMin, verdict.prevented], [false, undefined, true]);
});

test('the harm clock is the undefended run’s: lead is positive in time, negative too late', () => {
  const detectedAt = (atMin: number, firstHazardMin?: number): RunVerdict =>
    verdictOf({
      attacked: { ...ATTACK, findings: [{ atMin }] },
      undefended: firstHazardMin === undefined ? ATTACK : { ...ATTACK, firstHazardMin },
    });
  assert.deepEqual([detectedAt(70, 100).leadOverHarmMin, detectedAt(70, 100).detectedBeforeHarm], [30, true]);
  assert.deepEqual([detectedAt(100, 100).leadOverHarmMin, detectedAt(100, 100).detectedBeforeHarm], [0, true]);
  assert.deepEqual([detectedAt(120, 100).leadOverHarmMin, detectedAt(120, 100).detectedBeforeHarm], [-20, false]);
  assert.deepEqual([detectedAt(120).leadOverHarmMin, detectedAt(120).detectedBeforeHarm], [undefined, true]);
});

test('a hazard from before the first act sets no clock, and detecting after it is not in time', () => {
  const verdict = verdictOf({
    attacked: { ...ATTACK, findings: [{ atMin: 70 }] },
    undefended: { ...ATTACK, firstHazardMin: 20 },
  });
  assert.deepEqual([verdict.leadOverHarmMin, verdict.detectedBeforeHarm], [undefined, false]);
});

test('harm is what is worse than the baseline and at least as severe as the scenario says', () => {
  const harmed = (attacked: Severity, baseline: Severity, harmAtLeast: Severity): boolean =>
    verdictOf({ attacked: { ...ATTACK, severity: attacked }, baseline: { severity: baseline }, harmAtLeast }).harmed;
  assert.equal(harmed('serious', 'minor', 'serious'), true);
  assert.equal(harmed('serious', 'serious', 'serious'), false);
  assert.equal(harmed('minor', 'negligible', 'serious'), false);
  assert.equal(harmed('minor', 'negligible', 'minor'), true);
  assert.equal(harmed('minor', 'critical', 'minor'), false);
});

test('contained: the last hour with an effect ends at most an hour after the first true finding', () => {
  const contained = (untilMin: number, foundMin?: number): boolean | undefined =>
    verdictOf({
      attacked: {
        ...ATTACK,
        therapy: [60, untilMin],
        delivered: (minute) => (minute >= 60 && minute <= untilMin ? 1.1 : 0.1),
        findings: foundMin === undefined ? [] : [{ atMin: foundMin }],
      },
    }).contained;
  assert.equal(contained(115, 60), true);
  assert.equal(contained(120, 120), true);
  assert.equal(contained(120, 119), false);
  assert.equal(contained(60), false);
  assert.equal(contained(70, 200), true);
});

test('contained: what is still forged has no effect once no insulin follows it, or the pump is on its safe profile', () => {
  const forged: MadeUp = { ...ATTACK, therapy: [60, 235], findings: [{ atMin: 80 }] };
  assert.equal(verdictOf({ attacked: forged }).contained, true);
  const loop = { delivered: () => 0.5 };
  const safe = { ...forged, delivered: (minute: number) => (minute < 60 ? 0.5 : minute === 60 ? 3 : 0.1) };
  assert.equal(verdictOf({ attacked: safe, baseline: loop }).contained, true);
  const neither = { ...forged, delivered: (minute: number) => (minute < 60 ? 0.5 : 0.3) };
  assert.equal(verdictOf({ attacked: neither, baseline: loop }).contained, false);
});

test('recovered: in range or near the baseline over the last half hour, with the adversary gone', () => {
  const recovered = (glucose: (minute: number) => number, baseline = 120, change: MadeUp = {}): boolean | undefined =>
    verdictOf({ attacked: { ...ATTACK, glucose, ...change }, baseline: { glucose: () => baseline } }).recovered;
  const from = HORIZON_MIN - 30;
  assert.equal(
    recovered(() => 150),
    true,
  );
  assert.equal(
    recovered((minute) => (minute < from ? 40 : 75)),
    true,
  );
  assert.equal(
    recovered((minute) => (minute <= from ? 60 : 75)),
    false,
  );
  assert.equal(
    recovered(() => 230, 210),
    true,
  );
  assert.equal(
    recovered(() => 241, 210),
    false,
  );
  const goesOn: MadeUp = { therapy: [60, 235], delivered: (minute) => (minute < 60 ? 0.1 : 1.1) };
  assert.equal(
    recovered(() => 120, 120, goesOn),
    false,
  );
});

test('whether it was contained and recovered is no question where the adversary had no effect', () => {
  const { contained, recovered } = verdictOf({ attacked: { firstActMin: 60, findings: [{ atMin: 61 }] } });
  assert.deepEqual([contained, recovered], [undefined, undefined]);
});

test('a run compared with itself is prevented, unharmed and undetected, whatever happened in it', () => {
  fc.assert(
    fc.property(
      fc.record({
        glucose: fc.integer({ min: 20, max: 500 }),
        units: fc.double({ min: 0, max: 3, noNaN: true }),
        firstActMin: fc.integer({ min: 0, max: 200 }),
        foundMin: fc.integer({ min: 0, max: 240 }),
        severity: fc.constantFrom<Severity>('negligible', 'minor', 'serious', 'critical', 'catastrophic'),
      }),
      ({ glucose, units, firstActMin, foundMin, severity }) => {
        const run: MadeUp = {
          glucose: () => glucose,
          delivered: () => units,
          firstActMin,
          therapy: [firstActMin, firstActMin],
          findings: [{ atMin: foundMin }],
          severity,
        };
        const { prevented, harmed, detected } = verdictOf({ attacked: run, baseline: run, undefended: run });
        assert.deepEqual([prevented, harmed, detected], [true, false, false]);
      },
    ),
  );
});
