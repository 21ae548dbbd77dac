import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { type Approach, type Experience, stateRisk } from '#mirror/twin/risk-scores';

const deviations = fc.double({ min: -8, max: 4, noNaN: true });
const minute = fc.integer({ min: 0, max: 1439 });
const experience: fc.Arbitrary<Experience> = fc
  .array(fc.record({ minute, near: deviations, score: deviations }), { minLength: 1, maxLength: 60 })
  .map((windows) => ({
    minuteOfDay: windows.map((window) => window.minute),
    near: windows.map(({ near }) => near),
    scores: windows.map(({ score }) => score),
  }));

/** What doing nothing is said to risk, in as few words as it can be said: no shared code, no single pass. */
function reference({ minuteOfDay, near, scores }: Experience, at: number, nearness: number): number {
  const weights = scores.map((_, index) => {
    const around = [-1440, 0, 1440].map((day) => Math.abs(minuteOfDay[index]! + day - at));
    const hour = 0.03 + Math.max(0, 1 - Math.min(...around) / 120);
    const alike = Math.max(0.5, Math.abs(nearness) / 3);
    return hour * (0.03 + Math.max(0, 1 - Math.abs(near[index]! - nearness) / alike));
  });
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const share = total(weights.filter((_, index) => scores[index]! <= nearness)) / total(weights);
  const disjoint = total(weights) ** 2 / total(weights.map((weight) => weight ** 2)) / 16;
  const t = (nearness + 0.5) / 0.45;
  const added = 0.5 + t / (2 * Math.sqrt(2 + t * t));
  return (disjoint * share + added) / (disjoint + 1);
}

const nothing = (at: number, nearness: number): Approach => ({
  minuteOfDay: at,
  unchanged: nearness,
  changed: nearness,
});

test('a stated risk agrees with its reference model', () => {
  fc.assert(
    fc.property(experience, minute, deviations, (given, at, nearness) => {
      const { probability } = stateRisk(given, nothing(at, nearness));
      assert.ok(Math.abs(probability - reference(given, at, nearness)) < 1e-9);
    }),
    { numRuns: 500 },
  );
});

test('a stated risk is a probability within its interval, and never none', () => {
  fc.assert(
    fc.property(experience, minute, deviations, deviations, (given, at, unchanged, changed) => {
      const { probability, low, high } = stateRisk(given, { minuteOfDay: at, unchanged, changed });
      assert.ok(low >= 0 && low <= probability && probability <= high && high <= 1 && probability > 0);
    }),
    { numRuns: 300 },
  );
});

test('what_comes_nearer_risks_no_less: whatever experience says in between', () => {
  fc.assert(
    fc.property(experience, minute, deviations, deviations, deviations, (given, at, unchanged, one, other) => {
      const riskAt = (changed: number) => stateRisk(given, { minuteOfDay: at, unchanged, changed }).probability;
      assert.ok(riskAt(Math.max(one, other)) >= riskAt(Math.min(one, other)));
    }),
    { numRuns: 500 },
  );
});

test('hours_of_a_clock_have_no_midnight: 23:50 is alike to 0:10', () => {
  fc.assert(
    fc.property(experience, minute, deviations, fc.integer({ min: 1, max: 1439 }), (given, at, nearness, later) => {
      const moved = { ...given, minuteOfDay: given.minuteOfDay.map((each) => (each + later) % 1440) };
      const here = stateRisk(given, nothing(at, nearness)).probability;
      const there = stateRisk(moved, nothing((at + later) % 1440, nearness)).probability;
      assert.ok(Math.abs(here - there) < 1e-9);
    }),
    { numRuns: 200 },
  );
});

describe('experience', () => {
  /** `count` forecasts of one hour that came as near as the level is now; `passing` of them passed it. */
  const days = (count: number, passing: number, at = 600): Experience => ({
    minuteOfDay: new Array(count).fill(at),
    near: new Array(count).fill(-1),
    scores: Array.from({ length: count }, (_, index) => (index < passing ? -2 : 0)),
  });

  it('is what is stated, once there is much of it: a quarter is a quarter', () => {
    const { probability, low, high } = stateRisk(days(960, 240), nothing(600, -1));
    assert.ok(Math.abs(probability - 0.25) < 0.005, `${probability}`);
    assert.ok(low > 0.16 && high < 0.37, `${low} to ${high}`);
  });

  it('is believed the less the less there is of it', () => {
    const few = stateRisk(days(48, 0), nothing(600, -1));
    const many = stateRisk(days(960, 0), nothing(600, -1));
    assert.ok(few.probability > 3 * many.probability);
    assert.ok(few.high - few.low > 3 * (many.high - many.low));
  });

  it('counts as many trials as there are windows that do not overlap', () => {
    // 16 forecasts a quarter of an hour apart are one window of four hours; one window is added to them.
    const { probability } = stateRisk(days(16 * 9, 16 * 9), nothing(600, -1));
    const added = stateRisk(days(16 * 9, 0), nothing(600, -1)).probability;
    assert.ok(Math.abs(probability - added - 0.9) < 1e-9);
  });

  it('of the same hour counts before that of another', () => {
    const night = days(480, 480, 120);
    const noon = days(480, 0, 720);
    const both: Experience = {
      minuteOfDay: [...night.minuteOfDay, ...noon.minuteOfDay],
      near: [...night.near, ...noon.near],
      scores: [...night.scores, ...noon.scores],
    };
    assert.ok(stateRisk(both, nothing(120, -1)).probability > 0.9);
    assert.ok(stateRisk(both, nothing(720, -1)).probability < 0.1);
    assert.ok(Math.abs(stateRisk(both, nothing(420, -1)).probability - 0.5) < 0.05);
  });

  it('a score that just reaches the level counts, one just short of it does not', () => {
    const one = (score: number): Experience => ({ ...days(960, 0), scores: new Array(960).fill(score) });
    assert.ok(stateRisk(one(-1), nothing(600, -1)).probability > 0.9);
    assert.ok(stateRisk(one(-1 + 1e-9), nothing(600, -1)).probability < 0.1);
  });
});

test('what_is_no_number_is_certain: a nearness that is not a number has risk 1', () => {
  const given: Experience = { minuteOfDay: [0], near: [0], scores: [5] };
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.equal(stateRisk(given, nothing(0, wrong)).probability, 1);
    assert.equal(stateRisk(given, { minuteOfDay: 0, unchanged: -3, changed: wrong }).probability, 1);
  }
});

test('risk_never_rests_on_a_gaussian: six deviations away is not one in a billion', () => {
  const given: Experience = {
    minuteOfDay: new Array(960).fill(0),
    near: new Array(960).fill(-6),
    scores: new Array(960).fill(0),
  };
  const { probability } = stateRisk(given, nothing(0, -6));
  assert.ok(probability > 1e-5, `${probability}`);
});
