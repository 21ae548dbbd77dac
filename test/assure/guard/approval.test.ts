import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { needsApproval, severityIfWrong } from '#assure/guard/approval';
import { loadApprovalPolicy } from '#edge/catalog/laboratory';
import { severityRank } from '#model/hazard/severity';

const policy = loadApprovalPolicy();
const request = (action: string, input: Readonly<Record<string, number | string>> = {}) =>
  ({ id: 'c1', thing: 'pump', action, input, requester: 'a', origin: 'person', at: 0 }) as const;

test('default_worst: an action that is not listed, or an input that cannot be read, needs a second person', () => {
  assert.equal(severityIfWrong(policy, request('selfDestruct')), 'catastrophic');
  assert.equal(severityIfWrong(policy, request('bolus', { units: 'many' })), 'catastrophic');
  assert.equal(severityIfWrong(policy, request('bolus', { units: Number.NaN })), 'catastrophic');
  assert.ok(needsApproval(policy, request('constructor')));
});

test('more_insulin_is_never_milder', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 25, noNaN: true }),
      fc.double({ min: 0, max: 25, noNaN: true }),
      (one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        const rank = (units: number) => severityRank(severityIfWrong(policy, request('bolus', { units })));
        assert.ok(rank(less) <= rank(more));
      },
    ),
  );
});

test('the delivered threshold: a bolus of 6 U waits, one below it does not', () => {
  assert.equal(needsApproval(policy, request('bolus', { units: 5.95 })), false);
  assert.equal(needsApproval(policy, request('bolus', { units: 6 })), true);
  assert.equal(needsApproval(policy, request('suspend')), false);
});
