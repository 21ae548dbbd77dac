import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ApprovalPolicy, needsApproval, severityIfWrong } from '#assure/guard/approval';
import { EMPTY_LEDGER } from '#assure/guard/command-ledger';
import type { CommandRequest } from '#assure/guard/request';
import { MINUTE } from '#base/time';
import { loadApprovalPolicy } from '#edge/catalog/laboratory';
import { severityRank } from '#model/hazard/severity';
import type { ActionAffordance } from '#model/thing/thing-model';
import { affordanceOf, NOW, permitted, request, type SampleContext, sampleContext } from './sample.ts';

const policy = loadApprovalPolicy();
const severity = (
  asked: CommandRequest,
  context: SampleContext = sampleContext(),
  affordance = affordanceOf(asked),
  by: ApprovalPolicy = policy,
) => severityIfWrong(by, asked, { ...context, affordance });
const waits = (asked: CommandRequest, context: SampleContext = sampleContext()): boolean =>
  needsApproval(policy, asked, { ...context, affordance: affordanceOf(asked) });
const bolus = (units: number, requester = 'one') => request('bolus', { units }, { requester });
const basal = (rate: number, durationMin: number) => request('setTemporaryBasal', { rate, durationMin });
const profile = (rate: number) => request('setBasalProfile', { rates: new Array(24).fill(rate) });

/** A context in which these commands were permitted so many minutes ago. */
function after(...past: readonly (readonly [CommandRequest, number])[]): SampleContext {
  let ledger = EMPTY_LEDGER;
  for (const [asked, agoMin] of past) ledger = permitted(ledger, asked, NOW - agoMin * MINUTE);
  return sampleContext({ ledger });
}

test('the rows of the delivered policy, just in and just out, with the worst that matches', () => {
  for (const [asked, expected] of [
    [bolus(0.05), 'minor'],
    [bolus(2.999), 'minor'],
    [bolus(3), 'serious'],
    [bolus(5.999), 'serious'],
    [bolus(6), 'critical'],
    // 1 [iU]/h runs anyway in the sample's profile
    [basal(1, 60), 'serious'],
    [basal(1.001, 60), 'minor'],
    [basal(2.499, 60), 'minor'],
    [basal(2.5, 60), 'serious'],
    [basal(3.999, 60), 'serious'],
    [basal(4, 60), 'critical'],
    // slow, and for long: it is the amount that counts
    [basal(1.5, 119), 'minor'],
    [basal(1.5, 120), 'serious'],
    [basal(2, 179), 'serious'],
    [basal(2, 180), 'critical'],
    [profile(0.249), 'serious'],
    [profile(0.25), 'critical'],
    [request('resume'), 'minor'],
    [request('suspend'), 'serious'],
    [request('fallBackToSafeBasal', { durationMin: 60 }), 'minor'],
    [request('revokeLink', { peer: 'remote' }), 'minor'],
    [request('alert', { text: 'look' }, { thing: 'handset' }), 'negligible'],
  ] as const) {
    assert.equal(severity(asked), expected, `${asked.action} ${JSON.stringify(asked.input)}`);
  }
  assert.equal(policy.approvalFrom, 'critical');
  assert.deepEqual([policy.waitMin, policy.windowMin], [10, 240]);
});

test('the delivered threshold: a bolus of 6 U waits, one below it does not', () => {
  assert.equal(waits(bolus(5.95)), false);
  assert.equal(waits(bolus(6)), true);
  assert.equal(waits(request('suspend')), false);
});

test('split_is_no_way_around: what one person asked for within the window counts together', () => {
  assert.equal(waits(bolus(3.1), after([bolus(5.9), 2])), true);
  assert.equal(waits(bolus(0.1), after([bolus(5.9), 239])), true, 'just inside of the window');
  assert.equal(waits(bolus(0.1), after([bolus(5.9), 240])), false, 'just outside of it');
  assert.equal(waits(bolus(0.09), after([bolus(5.9), 2])), false, 'just below the threshold');
});

test('two_askers_are_no_way_around: the window is the subject’s, whoever asks', () => {
  assert.equal(waits(bolus(3.1, 'two'), after([bolus(5.9, 'one'), 2])), true);
});

test('another_device_is_no_way_around: a second pump of the subject counts with the first', () => {
  assert.equal(waits({ ...bolus(3.1), thing: 'pump-2' }, after([bolus(5.9), 2])), true);
});

test('a_course_counts_with_doses: all that an action can deliver, in one unit', () => {
  assert.equal(waits(bolus(3), after([basal(1.5, 120), 2])), true);
  assert.equal(waits(bolus(2.9), after([basal(1.5, 120), 2])), false);
  // replaced after two minutes of 90, so hardly anything of the first was given
  assert.equal(waits(basal(2, 120), after([basal(2, 120), 2])), false);
});

test('default_worst: what no table says, and an amount that cannot be read, needs a second person', () => {
  assert.equal(severity(request('selfDestruct')), 'catastrophic');
  assert.equal(severity(request('constructor')), 'catastrophic');
  assert.equal(severity(request('bolus', { units: 'many' })), 'catastrophic');
  assert.equal(severity(request('bolus', { units: Number.NaN })), 'catastrophic');
  assert.equal(severity(request('bolus', {})), 'catastrophic');
  const saysNothing: ActionAffordance = { name: 'resume', input: new Map(), optional: new Set() };
  assert.equal(severity(request('resume'), sampleContext(), saysNothing), 'minor', 'named by the policy');
  assert.equal(severity(request('resumeNow'), sampleContext(), { ...saysNothing, name: 'resumeNow' }), 'catastrophic');
});

test('an_amount_without_a_row_is_the_worst: a unit that the policy does not know bounds nothing', () => {
  const asked = request('giveDrug', { dose: 0.1 });
  const input = new Map([['dose', { name: 'dose', type: 'number', unit: 'mg' } as const]]);
  const gives = { name: 'giveDrug', input, optional: new Set<string>(), does: 'adds', amount: 'dose' } as const;
  assert.equal(severity(asked, sampleContext(), gives), 'catastrophic');
  const known = { ...policy, effects: { adds: [{ severity: 'serious', unit: 'mg', atLeast: 0 }] } } as const;
  assert.equal(severity(asked, sampleContext(), gives, known), 'serious');
  assert.equal(severity(asked, sampleContext(), gives, { ...policy, effects: {} }), 'catastrophic');
});

test('more_insulin_is_never_milder', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 25, noNaN: true }),
      fc.double({ min: 0, max: 25, noNaN: true }),
      fc.double({ min: 0, max: 8, noNaN: true }),
      (one, other, before) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const context = after([bolus(before), 10]);
        const rank = (units: number) => severityRank(severity(bolus(units), context));
        assert.ok(rank(less) <= rank(more));
        assert.ok(severityRank(severity(bolus(less))) <= rank(less), 'what came before never makes it milder');
      },
    ),
  );
});
