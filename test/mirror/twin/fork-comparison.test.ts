import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#base/fault';
import { commission } from '#mirror/twin/commission';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { forecast } from '#mirror/twin/fork';
import { compareForecasts } from '#mirror/twin/fork-comparison';
import type { Change, Hypothesis } from '#mirror/twin/hypothesis';
import { normalCumulative } from '#mirror/twin/normal-distribution';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import { identifiableMessages } from './identifiable-ward.ts';

const model = commission(identifiableMessages({ days: 4, seed: 1 }));
const twin = identifiableMessages({ days: 1, seed: 9 }).reduce(
  (present, message) => applyMessage(present, message).twin,
  createTwin('p-1', model),
);
const compare = (hypothesis: Hypothesis) => compareForecasts(twin, hypothesis, 300)!;
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('bolus' as const), units: fc.double({ min: 0, max: 10, noNaN: true }) }),
  fc.record({ kind: fc.constant('meal' as const), grams: fc.double({ min: 0, max: 100, noNaN: true }) }),
  fc.record({ kind: fc.constant('suspend' as const), durationMin: fc.integer({ min: 0, max: 240 }) }),
);

describe('a fork compared with what goes on as it is', () => {
  it('never changes the twin', () => {
    const before = encodeTwin(twin);
    fc.assert(
      fc.property(
        fc.array(fc.record({ startMin: fc.integer({ min: 0, max: 300 }), change }), { maxLength: 8 }),
        (changes) => {
          compare({ kind: 'combined', changes });
          assert.deepEqual(encodeTwin(twin), before);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('a bolus lowers, a meal raises, a suspended pump raises', () => {
    assert.ok(compare({ kind: 'bolus', units: 3 }).difference.at(-1)! < -5);
    assert.ok(Math.max(...compare({ kind: 'meal', grams: 40 }).difference) > 20);
    const suspended = compare({ kind: 'suspend', durationMin: 300 }).difference;
    assert.ok(suspended.at(-1)! > 5 && suspended.every((value) => value >= 0));
  });

  it('nothing_before_it_begins: a change in half an hour leaves the half hour as it is', () => {
    fc.assert(
      fc.property(change, fc.integer({ min: 5, max: 250 }), (later, startMin) => {
        const { difference } = compare({ kind: 'combined', changes: [{ startMin, change: later }] });
        const untouched = Math.floor(startMin / 5);
        assert.ok(difference.slice(0, untouched).every((value) => value === 0));
      }),
      { numRuns: 40 },
    );
  });

  it('one change at once is the change alone', () => {
    for (const alone of [
      { kind: 'bolus', units: 2 },
      { kind: 'suspend', durationMin: 60 },
      { kind: 'profile-basal' },
    ] as const) {
      const combined = { kind: 'combined', changes: [{ startMin: 0, change: alone }] } as const;
      assert.deepEqual(forecast(twin, combined, 240), forecast(twin, alone, 240));
    }
  });

  it('a meal with its bolus ends nearer to the start than either alone', () => {
    const meal = { startMin: 30, change: { kind: 'meal', grams: 40 } } as const;
    const bolus = { startMin: 30, change: { kind: 'bolus', units: 2 } } as const;
    const end = (changes: readonly (typeof meal | typeof bolus)[]): number =>
      compare({ kind: 'combined', changes }).difference.at(-1)!;
    assert.ok(Math.abs(end([meal, bolus])) < Math.max(end([meal]), -end([bolus])));
  });

  it('tells when the mean crosses a threshold, and how likely glucose is beyond it at its worst', () => {
    const { risk, forked } = compare({ kind: 'bolus', units: 12 });
    const { below54, below70 } = risk.forked;
    assert.ok(below70.meanAtMin !== undefined && below54.meanAtMin !== undefined);
    assert.ok(below70.meanAtMin < below54.meanAtMin && below54.probability > 0.5);
    assert.ok(forked.mean[below70.meanAtMin / 5 - 1]! < 70 && forked.mean[below70.meanAtMin / 5 - 2]! >= 70);
    assert.ok(risk.unforked.below54.probability < below54.probability);
  });

  it('the larger the bolus, the more likely the low and the less likely the high', () => {
    const risks = [0, 2, 4, 8].map((units) => compare({ kind: 'bolus', units }).risk.forked);
    for (const [index, risk] of risks.slice(1).entries()) {
      assert.ok(risk.below70.probability >= risks[index]!.below70.probability);
      assert.ok(risk.above250.probability <= risks[index]!.above250.probability);
    }
  });

  it('refuses more changes than it will look at, and a start before the estimate', () => {
    const none = { startMin: 0, change: { kind: 'none' } } as const;
    const refused = (changes: readonly { startMin: number; change: Change }[], code: string) =>
      assert.throws(
        () => compare({ kind: 'combined', changes }),
        (fault) => fault instanceof Fault && fault.code === code,
      );
    refused(
      Array.from({ length: 17 }, () => none),
      'fork.too-many-changes',
    );
    refused([{ ...none, startMin: -5 }], 'fork.bad-start');
    refused([{ ...none, startMin: Number.NaN }], 'fork.bad-start');
  });
});

it('the normal distribution is the published one', () => {
  for (const [deviate, expected] of [
    [0, 0.5],
    [1, 0.841344746],
    [-1.959963985, 0.025],
    [3, 0.998650102],
  ] as const) {
    assert.ok(Math.abs(normalCumulative(deviate) - expected) < 2e-7);
  }
});
