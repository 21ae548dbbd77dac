import { assert } from '#base/assert';
import type { Fraction } from '#base/units';
import type { Proportion, Verdict } from '../exercise-report.ts';
import { proportion } from './proportion.ts';

/** What a proportion has to be. */
export interface Criterion {
  readonly relation: 'at least' | 'at most';
  readonly bound: Fraction;
}

/**
 * When to look at the runs made so far, and how sure to be each time.
 *
 * The permitted error is split over the looks (Bonferroni), and each look uses the exact interval at its share. All
 * intervals together cover the true proportion with at least `confidence` (repeated confidence intervals: Jennison and
 * Turnbull, Statistical Science 5 (1990) 299-317), so one may stop at any look, for any reason, and both the interval and the
 * decision read off it hold. The price is an interval a little wider than that of a single look.
 */
export interface SequentialPlan {
  /** Runs made at each look, increasing. */
  readonly looks: readonly number[];
  /** Over the whole plan. */
  readonly confidence: Fraction;
  /** The share of the permitted error that each look spends, together at most 1; equal ones if not stated. */
  readonly errorShares?: readonly Fraction[];
}

export interface LookDecision {
  readonly outcome: Verdict;
  /** With the interval of this look, on which the outcome rests. */
  readonly observed: Proportion;
}

/** Looks at `first` runs and, doubling, up to `maximum`. */
export function doublingPlan(first: number, maximum: number, confidence: Fraction): SequentialPlan {
  assert(first >= 1 && maximum >= 1, 'a plan has at least one run');
  const looks: number[] = [];
  for (let runs = first; runs < maximum; runs *= 2) looks.push(runs);
  return { looks: [...looks, maximum], confidence };
}

/**
 * Judges `k` of `n` at the look of the given index. `n` may be smaller than the runs of the look where only some runs count,
 * such as those with an effect: given `n` the interval is exact all the same. Without any the outcome is undecided.
 */
export function decideAtLook(
  plan: SequentialPlan,
  look: number,
  criterion: Criterion,
  k: number,
  n: number,
): LookDecision {
  const runs = plan.looks[look];
  assert(runs !== undefined && n <= runs, `look \`${look}\` with \`${n}\` runs belongs to the plan`);
  const observed = proportion(k, n, confidenceOfLook(plan, look));
  return { outcome: outcomeOf(criterion, observed), observed };
}

/** The confidence of the interval of a single look. */
export function confidenceOfLook({ looks, confidence, errorShares }: SequentialPlan, look: number): Fraction {
  const share = errorShares === undefined ? 1 / looks.length : errorShares[look];
  assert(share !== undefined && look < looks.length, `look \`${look}\` has a share of the error`);
  return 1 - (1 - confidence) * share;
}

/** Accepted when the whole interval meets the criterion, violated when none of it does. */
function outcomeOf(criterion: Criterion, { low, high }: Proportion): Verdict {
  const { relation, bound } = criterion;
  if (relation === 'at least') {
    if (low >= bound) return 'accepted';
    return high < bound ? 'violated' : 'undecided';
  }
  if (high <= bound) return 'accepted';
  return low > bound ? 'violated' : 'undecided';
}
