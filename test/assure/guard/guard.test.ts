import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EMPTY_LEDGER, noteMessage } from '#assure/guard/command-ledger';
import type { CheckSetting, GuardPolicy } from '#assure/guard/policy';
import { MINUTE } from '#base/time';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import {
  decide,
  NOW,
  OPEN,
  permitted,
  pumpReport,
  request,
  STANDARD,
  sampleContext,
  sampleTwin,
  simpleRisk,
} from './sample.ts';

const policyOf = (checks: readonly CheckSetting[]): GuardPolicy => ({
  id: 'p',
  title: 'p',
  source: 'test',
  actions: { bolus: { checks } },
});

describe('a genuine correction', () => {
  test('is permitted, by every check of the policy', () => {
    const decision = decide(request('bolus', { units: 2 }), sampleContext(), STANDARD);
    assert.deepEqual(decision, {
      kind: 'permit',
      determinedBy: ['incident', 'rate', 'freshness', 'dose-envelope', 'plausibility', 'rehearsal'],
      failed: [],
      reasons: [],
    });
  });
});

describe('a bolus is refused', () => {
  const refusedBy = (units: number, context = sampleContext(), check: string) => {
    const decision = decide(request('bolus', { units }), context, STANDARD);
    assert.equal(decision.kind, 'refuse');
    assert.ok(decision.determinedBy.includes(check), `${check} among ${decision.determinedBy}`);
    assert.ok(decision.reasons.length >= decision.determinedBy.length);
  };

  test('above the bound of one command', () => refusedBy(10.5, sampleContext(), 'dose-envelope'));
  test('when it is none', () => refusedBy(0, sampleContext(), 'dose-envelope'));
  test('when its size is not a number', () => refusedBy(Number.NaN, sampleContext(), 'dose-envelope'));
  test('on an old pump report', () => refusedBy(1, sampleContext({}, { pumpAgeMin: 16 }), 'freshness'));
  test('on an old reading', () => refusedBy(1, sampleContext({}, { glucoseAgeMin: 16 }), 'freshness'));
  test('when glucose does not call for it', () => refusedBy(3, sampleContext({}, { glucose: 130 }), 'plausibility'));
  test('when insulin on board already covers it', () =>
    refusedBy(2, sampleContext({}, { insulinOnBoard: 4 }), 'plausibility'));
  test('while an incident is open', () => refusedBy(1, sampleContext({ openIncidents: ['incident-1'] }), 'incident'));
  test('when the twin cannot predict', () => refusedBy(1, sampleContext({ riskOf: () => undefined }), 'rehearsal'));
  test('when the forecast crosses 54 mg/dL', () =>
    refusedBy(3, sampleContext({ riskOf: simpleRisk(150) }), 'rehearsal'));
  test('when the forecast is not a number', () =>
    refusedBy(1, sampleContext({ riskOf: simpleRisk(Number.NaN) }), 'rehearsal'));

  test('when the hour is full, whoever filled it', () => {
    let ledger = noteMessage(EMPTY_LEDGER, ...pumpReport(NOW - 50 * MINUTE, 100));
    ledger = noteMessage(ledger, ...pumpReport(NOW - MINUTE, 112));
    ledger = permitted(ledger, request('bolus', { units: 2 }), NOW - MINUTE);
    refusedBy(1.5, sampleContext({ ledger }), 'dose-envelope');
    assert.equal(
      decide(request('bolus', { units: 1 }), sampleContext({ ledger }, { glucose: 300 }), STANDARD).kind,
      'permit',
    );
  });

  test('for the fifth time in an hour', () => {
    let ledger = EMPTY_LEDGER;
    for (let index = 0; index < 4; index += 1)
      ledger = permitted(ledger, request('bolus', { units: 0.1 }), NOW - (index + 1) * MINUTE);
    refusedBy(0.1, sampleContext({ ledger }), 'rate');
  });
});

describe('default_refuse', () => {
  test('an action without an entry', () => {
    assert.equal(decide(request('setLimits'), sampleContext(), STANDARD).kind, 'refuse');
    assert.equal(decide(request('constructor'), sampleContext(), OPEN).kind, 'refuse');
  });
  test('an action without checks', () => {
    assert.equal(decide(request('bolus', { units: 1 }), sampleContext(), policyOf([])).kind, 'refuse');
  });
  test('unless the policy says in so many words that authorization is enough', () => {
    assert.equal(decide(request('bolus', { units: 99 }), sampleContext(), OPEN).kind, 'permit');
  });
});

describe('error_refuses', () => {
  test('a check that throws refuses, though all others pass', () => {
    const context = sampleContext({
      riskOf: () => {
        throw new Error('fork failed');
      },
    });
    const decision = decide(request('bolus', { units: 1 }), context, STANDARD);
    assert.equal(decision.kind, 'refuse');
    assert.deepEqual(decision.failed, [{ check: 'rehearsal', error: 'fork failed' }]);
  });
  test('a check that nobody wrote refuses', () => {
    const unknown = [{ kind: 'toString' }] as unknown as readonly CheckSetting[];
    assert.equal(decide(request('bolus', { units: 1 }), sampleContext(), policyOf(unknown)).kind, 'refuse');
  });
});

describe('containment', () => {
  const playbook = { requester: 'incident-1', origin: 'playbook' } as const;
  const blind = sampleContext({ twin: { ...sampleTwin(), reported: {} }, riskOf: () => undefined });

  for (const action of ['suspend', 'fallBackToSafeBasal', 'revokeLink']) {
    test(`${action} passes without a view of the patient`, () => {
      assert.equal(
        decide(request(action, {}, playbook), { ...blind, openIncidents: ['incident-1'] }, STANDARD).kind,
        'permit',
      );
    });
  }
  test('a suspend that the forecast carries far above range is refused', () => {
    const decision = decide(request('suspend'), sampleContext({ riskOf: simpleRisk(300) }), STANDARD);
    assert.equal(decision.kind, 'refuse');
    assert.ok(decision.determinedBy.includes('rehearsal'));
  });
  test('a person may not withhold insulin while glucose is high, a playbook may', () => {
    const context = sampleContext({ riskOf: simpleRisk(100) }, { glucose: 160 });
    assert.equal(decide(request('suspend'), context, STANDARD).kind, 'refuse');
    assert.equal(decide(request('suspend', {}, playbook), context, STANDARD).kind, 'permit');
    assert.equal(decide(request('suspend'), sampleContext({}, { glucose: 75 }), STANDARD).kind, 'permit');
  });
  test('a fallback is no cause of glucose that rises anyway', () => {
    const context = sampleContext({ riskOf: simpleRisk(400) });
    assert.equal(decide(request('fallBackToSafeBasal', { durationMin: 60 }), context, STANDARD).kind, 'permit');
  });
  test('refusing remote commands stops persons and not playbooks', () => {
    const context = sampleContext(
      { remoteCommandsRefusedUntil: NOW + MINUTE, openIncidents: ['incident-1'] },
      { glucose: 120 },
    );
    assert.equal(decide(request('suspend'), context, STANDARD).kind, 'refuse');
    assert.equal(decide(request('suspend', {}, playbook), context, STANDARD).kind, 'permit');
    assert.equal(decide(request('alert', { text: 'look' }, { thing: 'handset' }), context, STANDARD).kind, 'permit');
  });
});

describe('therapy parameters', () => {
  const rates = (rate: number, count = 24) => ({ rates: new Array<number>(count).fill(rate) });
  const commissioned = { basalProfile: rates(1).rates } as unknown as CommissionedModel;
  const known = sampleContext({ twin: { ...sampleTwin(), commissioned } });

  test('a profile near the commissioned one is permitted, one far from it or of another shape refused', () => {
    for (const rate of [0.8, 1.1, 1.2])
      assert.equal(decide(request('setBasalProfile', rates(rate)), known, STANDARD).kind, 'permit', `${rate}`);
    for (const input of [rates(1.201), rates(0.799), rates(1, 23), rates(-1), {}])
      assert.equal(decide(request('setBasalProfile', input), known, STANDARD).kind, 'refuse');
  });
  test('small_steps_add_up_to_nothing: a profile is compared with the commissioned one, not with the last', () => {
    const { reported } = sampleTwin();
    const at = NOW - MINUTE;
    const pump = { ...reported['pump'], basalProfile: { value: rates(1.2).rates, at, receivedAt: at } };
    const crept = sampleContext({ twin: { ...sampleTwin(), commissioned, reported: { ...reported, pump } } });
    assert.equal(decide(request('setBasalProfile', rates(1.3)), crept, STANDARD).kind, 'refuse');
    assert.equal(decide(request('setBasalProfile', rates(1.1)), sampleContext(), STANDARD).kind, 'refuse');
  });
  test('a temporary basal above the floor counts what it adds; one below is a suspend in small', () => {
    const basal = (rate: number, durationMin: number) => request('setTemporaryBasal', { rate, durationMin });
    assert.equal(decide(basal(2, 60), sampleContext(), STANDARD).kind, 'permit');
    assert.equal(decide(basal(6, 60), sampleContext(), STANDARD).kind, 'refuse');
    assert.equal(decide(basal(2, 240), sampleContext(), STANDARD).kind, 'refuse');
    assert.equal(decide(basal(0, 60), sampleContext({}, { glucose: 70 }), STANDARD).kind, 'permit');
    assert.equal(decide(basal(2, 60), sampleContext({}, { glucose: 80 }), STANDARD).kind, 'refuse');
  });
});
