import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CommandLedger, EMPTY_LEDGER, noteMessage } from '#assure/guard/command-ledger';
import type { ActionPolicy, CheckSetting, GuardPolicy } from '#assure/guard/policy';
import { MINUTE } from '#base/time';
import { permitsBolus } from './reference.ts';
import {
  decide,
  NOW,
  permitted,
  pumpReport,
  request,
  type SampleContext,
  STANDARD,
  sampleTwin,
  simpleRisk,
} from './sample.ts';

const CHECKS = STANDARD.actions['bolus']!.checks;
const units = fc.double({ min: 0.05, max: 14, noNaN: true });

const ledger: fc.Arbitrary<CommandLedger> = fc
  .array(
    fc.record({
      agoMin: fc.integer({ min: 0, max: 1500 }),
      size: fc.double({ min: 0, max: 6, noNaN: true }),
      remote: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((events) => {
    let state = EMPTY_LEDGER;
    let total = 50;
    for (const { agoMin, size, remote } of events.toSorted((a, b) => b.agoMin - a.agoMin)) {
      const at = NOW - agoMin * MINUTE;
      if (remote) state = permitted(state, request('bolus', { units: size }), at);
      else {
        total += size;
        state = noteMessage(state, ...pumpReport(at, total));
      }
    }
    return state;
  });

const context: fc.Arbitrary<SampleContext> = fc
  .record({
    glucose: fc.integer({ min: 40, max: 400 }),
    insulinOnBoard: fc.double({ min: 0, max: 6, noNaN: true }),
    pumpAgeMin: fc.integer({ min: 0, max: 20 }),
    glucoseAgeMin: fc.integer({ min: 0, max: 20 }),
    openIncidents: fc.constantFrom([], [], [], ['incident-1']),
    deviation: fc.integer({ min: 1, max: 40 }),
    ledger,
  })
  .map(({ openIncidents, deviation, ledger: past, ...sample }) => ({
    now: NOW,
    twin: sampleTwin(sample),
    ledger: past,
    openIncidents,
    riskOf: simpleRisk(sample.glucose, deviation),
  }));

const policyOf = (bolus: ActionPolicy): GuardPolicy => ({ ...STANDARD, actions: { bolus } });
const subset = fc.subarray([...CHECKS]);

test('the guard agrees with its reference model', () => {
  const withoutRehearsal = subset.map((checks) => checks.filter((check) => check.kind !== 'rehearsal'));
  let permitted = 0;
  fc.assert(
    fc.property(
      fc.oneof(units, fc.constantFrom(0, -1, Number.NaN)),
      context,
      withoutRehearsal,
      (dose, given, checks) => {
        const asked = request('bolus', { units: dose });
        const kind = decide(asked, given, policyOf({ checks })).kind;
        if (kind === 'permit') permitted += 1;
        assert.equal(kind, permitsBolus(asked, given, policyOf({ checks })) ? 'permit' : 'refuse');
      },
    ),
    { numRuns: 1500 },
  );
  assert.ok(permitted > 50, 'both outcomes were seen');
});

test('monotone_in_dose: a smaller bolus is never refused where a larger one is permitted', () => {
  fc.assert(
    fc.property(units, fc.double({ min: 0.01, max: 1, noNaN: true }), context, subset, (dose, part, given, checks) => {
      const policy = policyOf({ checks });
      const larger = decide(request('bolus', { units: dose }), given, policy);
      const smaller = decide(request('bolus', { units: dose * part }), given, policy);
      assert.ok(larger.kind === 'refuse' || smaller.kind === 'permit');
    }),
    { numRuns: 1000 },
  );
});

test('refuse_trumps_permit: one more check never turns a refusal into a permit', () => {
  fc.assert(
    fc.property(units, context, subset, fc.constantFrom(...CHECKS), (dose, given, checks, added: CheckSetting) => {
      const asked = request('bolus', { units: dose });
      const few = decide(asked, given, policyOf({ checks: [...checks, CHECKS[0]!] }));
      const more = decide(asked, given, policyOf({ checks: [...checks, CHECKS[0]!, added] }));
      assert.ok(few.kind === 'permit' || more.kind === 'refuse');
    }),
    { numRuns: 500 },
  );
});

test('error_refuses: whatever else holds, a rehearsal that throws refuses', () => {
  fc.assert(
    fc.property(units, context, (dose, given) => {
      const broken: SampleContext = {
        ...given,
        riskOf: () => {
          throw new Error('broken');
        },
      };
      const decision = decide(request('bolus', { units: dose }), broken, STANDARD);
      assert.equal(decision.kind, 'refuse');
      assert.equal(decision.failed.length, 1);
    }),
    { numRuns: 100 },
  );
});

test('suspends_are_never_blocked_by_dose_rules', () => {
  const dosing = CHECKS.filter((check) => ['dose-envelope', 'plausibility', 'freshness'].includes(check.kind));
  fc.assert(
    fc.property(context, (given) => {
      for (const [action, input] of [
        ['suspend', {}],
        ['fallBackToSafeBasal', { durationMin: 60 }],
        ['revokeLink', { peer: 'remote' }],
      ] as const) {
        const policy: GuardPolicy = { ...STANDARD, actions: { [action]: { checks: dosing } } };
        assert.equal(decide(request(action, input), given, policy).kind, 'permit');
      }
    }),
    { numRuns: 200 },
  );
});

test('a permit carries no reason and no failed check, a refusal at least one reason', () => {
  fc.assert(
    fc.property(units, context, (dose, given) => {
      const decision = decide(request('bolus', { units: dose }), given, STANDARD);
      assert.equal(decision.reasons.length === 0, decision.kind === 'permit');
      assert.ok(decision.determinedBy.length > 0);
    }),
    { numRuns: 300 },
  );
});
