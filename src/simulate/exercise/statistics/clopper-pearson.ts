import { assert } from '#base/assert';
import type { Fraction } from '#base/units';
import { inverseIncompleteBeta } from './incomplete-beta.ts';

export interface Interval {
  readonly low: Fraction;
  readonly high: Fraction;
}

/**
 * The exact two-sided confidence interval of a proportion, `k` successes in `n` trials: it covers the true proportion with at
 * least `confidence`, whatever that proportion is. Without trials it is [0, 1].
 *
 * Clopper and Pearson, Biometrika 26 (1934) 404-413; in terms of the beta distribution as in Brown, Cai and DasGupta,
 * Statistical Science 16 (2001) 101-133, section 4.2.1.
 */
export function clopperPearson(k: number, n: number, confidence: Fraction): Interval {
  assert(Number.isInteger(k) && Number.isInteger(n) && k >= 0 && k <= n, `\`${k}\` of \`${n}\` is a count of trials`);
  assert(confidence > 0 && confidence < 1, `confidence \`${confidence}\` lies between 0 and 1`);
  const tail = (1 - confidence) / 2;
  return {
    low: k === 0 ? 0 : inverseIncompleteBeta(tail, k, n - k + 1),
    // By symmetry, so that the small tail keeps its digits.
    high: k === n ? 1 : 1 - inverseIncompleteBeta(tail, n - k, k + 1),
  };
}
