import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { commission } from '#mirror/twin/commission';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { forecast } from '#mirror/twin/fork';
import type { Hypothesis } from '#mirror/twin/hypothesis';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import { identifiableMessages } from './identifiable-ward.ts';

const model = commission(identifiableMessages({ days: 4, seed: 1 }));
const twin = identifiableMessages({ days: 1, seed: 9 }).reduce(
  (present, message) => applyMessage(present, message).twin,
  createTwin('p-1', model),
);
const lowest = (hypothesis: Hypothesis): number => Math.min(...forecast(twin, hypothesis, 240)!.mean);

describe('a fork', () => {
  it('never changes the twin', () => {
    const before = encodeTwin(twin);
    for (const hypothesis of [
      { kind: 'none' },
      { kind: 'profile-basal' },
      { kind: 'bolus', units: 5 },
      { kind: 'temporary-basal', rate: 3, durationMin: 60 },
      { kind: 'suspend', durationMin: 60 },
      { kind: 'meal', grams: 50 },
    ] as const) {
      forecast(twin, hypothesis, 240);
      assert.deepEqual(encodeTwin(twin), before);
    }
  });

  it('a larger bolus lowers glucose further', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.double({ min: 0.1, max: 5, noNaN: true }),
        (units, more) => {
          assert.ok(lowest({ kind: 'bolus', units: units + more }) < lowest({ kind: 'bolus', units }));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('withholding insulin never lowers glucose, eating raises it', () => {
    const usual = forecast(twin, { kind: 'none' }, 240)!.mean;
    const suspended = forecast(twin, { kind: 'suspend', durationMin: 240 }, 240)!.mean;
    const fed = forecast(twin, { kind: 'meal', grams: 40 }, 240)!.mean;
    assert.ok(suspended.every((glucose, index) => glucose >= usual[index]!));
    assert.ok(fed.every((glucose, index) => glucose > usual[index]!));
  });

  it('grows less certain with time', () => {
    const { deviation } = forecast(twin, { kind: 'none' }, 120)!;
    assert.ok(deviation.at(-1)! > deviation[0]!);
  });

  it('says nothing for a twin that was never commissioned', () => {
    assert.equal(forecast(createTwin('p-2'), { kind: 'none' }, 60), undefined);
  });

  it('bounds its horizon', () => {
    assert.equal(forecast(twin, { kind: 'none' }, 1e9)!.mean.length, 288);
  });
});
