import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '#simulate/exercise/exercise-report';
import {
  type Criterion,
  decideAtLook,
  doublingPlan,
  type SequentialPlan,
} from '#simulate/exercise/statistics/sequential-plan';
import { binomialProbabilities } from './binomial.ts';

const PLANS: readonly SequentialPlan[] = [
  doublingPlan(8, 64, 0.95),
  doublingPlan(10, 35, 0.9),
  { looks: [5, 12, 40, 41], confidence: 0.99 },
  { looks: [30], confidence: 0.95 },
  { looks: [18, 36], confidence: 0.95, errorShares: [0.8, 0.2] },
];

const CRITERIA: readonly Criterion[] = [0.05, 0.5, 0.9].flatMap((bound) => [
  { relation: 'at least', bound },
  { relation: 'at most', bound },
]);

test('stopping early keeps the stated confidence: no truth is judged wrongly more often than the error', () => {
  for (const plan of PLANS) {
    for (const criterion of CRITERIA) {
      for (let p = 0; p <= 1.0001; p += 0.02) {
        const truth = Math.min(p, 1);
        const met = criterion.relation === 'at least' ? truth >= criterion.bound : truth <= criterion.bound;
        const outcomes = outcomeProbabilities(plan, criterion, truth);
        const wrong = outcomes[met ? 'violated' : 'accepted'];
        assert.ok(wrong <= 1 - plan.confidence, `${JSON.stringify({ plan, criterion, truth, wrong })}`);
      }
    }
  }
});

test('all intervals of a plan together cover the truth with the stated confidence', () => {
  for (const plan of PLANS) {
    for (let p = 0.01; p < 1; p += 0.03) {
      const missed = missProbability(plan, p);
      assert.ok(missed <= 1 - plan.confidence, `${JSON.stringify({ plan, p, missed })}`);
    }
  }
});

test('a clear answer stops the plan at its first look', () => {
  const plan = doublingPlan(16, 64, 0.95);
  assert.deepEqual(plan.looks, [16, 32, 64]);
  assert.equal(decideAtLook(plan, 0, { relation: 'at least', bound: 0.6 }, 16, 16).outcome, 'accepted');
  assert.equal(decideAtLook(plan, 0, { relation: 'at least', bound: 0.6 }, 2, 16).outcome, 'violated');
  assert.equal(decideAtLook(plan, 0, { relation: 'at most', bound: 0.4 }, 0, 16).outcome, 'accepted');
  assert.equal(decideAtLook(plan, 0, { relation: 'at most', bound: 0.4 }, 14, 16).outcome, 'violated');
  assert.equal(decideAtLook(plan, 0, { relation: 'at least', bound: 0.6 }, 11, 16).outcome, 'undecided');
});

test('without runs that count nothing is decided, unless the criterion holds for every proportion', () => {
  const plan = doublingPlan(16, 64, 0.95);
  assert.equal(decideAtLook(plan, 2, { relation: 'at most', bound: 0.4 }, 0, 0).outcome, 'undecided');
  assert.equal(decideAtLook(plan, 2, { relation: 'at most', bound: 1 }, 0, 0).outcome, 'accepted');
});

test('a true proportion well inside the criterion is accepted more often than not', () => {
  const plan = doublingPlan(8, 64, 0.95);
  assert.ok(outcomeProbabilities(plan, { relation: 'at least', bound: 0.8 }, 0.99).accepted > 0.9);
  assert.ok(outcomeProbabilities(plan, { relation: 'at least', bound: 0.8 }, 0.4).violated > 0.9);
});

/** The probability of each outcome, by following every number of successes from look to look. */
function outcomeProbabilities(plan: SequentialPlan, criterion: Criterion, p: number): Record<Verdict, number> {
  const outcomes: Record<Verdict, number> = { accepted: 0, violated: 0, undecided: 0 };
  const last = plan.looks.length - 1;
  followPaths(plan, p, (look, k, probability) => {
    const { outcome } = decideAtLook(plan, look, criterion, k, plan.looks[look]!);
    if (outcome === 'undecided' && look < last) return 'go on';
    outcomes[outcome] += probability;
    return 'stop';
  });
  return outcomes;
}

/** The probability that the interval of some look misses the truth. */
function missProbability(plan: SequentialPlan, p: number): number {
  let missed = 0;
  followPaths(plan, p, (look, k, probability) => {
    const { observed } = decideAtLook(plan, look, { relation: 'at least', bound: 0 }, k, plan.looks[look]!);
    if (observed.low <= p && p <= observed.high) return 'go on';
    missed += probability;
    return 'stop';
  });
  return missed;
}

function followPaths(
  plan: SequentialPlan,
  p: number,
  visit: (look: number, k: number, probability: number) => 'go on' | 'stop',
): void {
  let reached = new Map<number, number>([[0, 1]]);
  let runs = 0;
  for (const [look, until] of plan.looks.entries()) {
    const more = binomialProbabilities(until - runs, p);
    const next = new Map<number, number>();
    for (const [k, probability] of reached) {
      for (const [successes, chance] of more.entries()) {
        next.set(k + successes, (next.get(k + successes) ?? 0) + probability * chance);
      }
    }
    reached = new Map([...next].filter(([k, probability]) => visit(look, k, probability) === 'go on'));
    runs = until;
  }
}
