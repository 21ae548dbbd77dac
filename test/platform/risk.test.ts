import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CommandRequest } from '#assure/guard/request';
import { Fault } from '#base/fault';
import { MINUTE } from '#base/time';
import { commission } from '#mirror/twin/commission';
import { hazardRisks } from '#mirror/twin/hazard-risk';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import type { ThingValue } from '#model/thing/message';
import { riskOf } from '#platform/risk';
import { identifiableMessages } from '../mirror/twin/identifiable-ward.ts';

const model = commission(identifiableMessages({ days: 4, seed: 1 }));
const twin = identifiableMessages({ days: 1, seed: 9 }).reduce(
  (present, message) => applyMessage(present, message).twin,
  createTwin('p-1', model),
);
const NOW = twin.predicted!.readAt + MINUTE;

const command = (action: string, input: Readonly<Record<string, ThingValue>> = {}, thing = 'pump'): CommandRequest => ({
  id: 'c1',
  thing,
  action,
  input,
  requester: 'caregiver',
  origin: 'person',
  at: NOW,
});

describe('the risk of a command', () => {
  it('is that of what it makes of therapy, beside that of refusing it', () => {
    const cases = [
      [command('bolus', { units: 4 }), { kind: 'bolus', units: 4 }],
      [
        command('setTemporaryBasal', { rate: 3, durationMin: 60 }),
        { kind: 'temporary-basal', rate: 3, durationMin: 60 },
      ],
      [command('suspend'), { kind: 'suspend', durationMin: 240 }],
      [command('resume'), { kind: 'profile-basal' }],
      [command('fallBackToSafeBasal'), { kind: 'profile-basal' }],
      [command('revokeLink'), { kind: 'profile-basal' }],
    ] as const;
    for (const [asked, change] of cases) {
      const risk = riskOf(asked, twin, NOW)!;
      assert.equal(risk.horizonMin, 240);
      assert.deepEqual(risk.ifDone, hazardRisks(twin, [change], NOW), asked.action);
      assert.deepEqual(risk.ifRefused, hazardRisks(twin, [], NOW));
    }
  });

  it('another_pump_is_not_followed: undefined for a thing that the estimate does not read', () => {
    for (const thing of ['second-pump', 'handset', 'cgm'])
      for (const action of ['bolus', 'setTemporaryBasal', 'suspend', 'resume'])
        assert.equal(riskOf(command(action, { units: 1, rate: 1, durationMin: 30 }, thing), twin, NOW), undefined);
  });

  it('is undefined for an action whose effect no fork carries out', () => {
    for (const action of ['setBasalProfile', 'setLimits', 'alert', 'toString'])
      assert.equal(riskOf(command(action, { rates: [1] }), twin, NOW), undefined);
  });

  it('is undefined once the estimate is older than 15 min', () => {
    const readAt = twin.predicted!.readAt;
    assert.ok(riskOf(command('bolus', { units: 1 }), twin, readAt + 15 * MINUTE) !== undefined);
    assert.equal(riskOf(command('bolus', { units: 1 }), twin, readAt + 15 * MINUTE + 1), undefined);
  });

  it('throws for an input that is no number, which the guard refuses', () => {
    for (const input of [{}, { units: 'all' }, { units: Number.NaN }, { units: Number.POSITIVE_INFINITY }])
      assert.throws(() => riskOf(command('bolus', input), twin, NOW), Fault);
    assert.throws(() => riskOf(command('setTemporaryBasal', { rate: 1 }), twin, NOW), Fault);
  });
});
