import { assert } from '#base/assert';

/**
 * Count, sum and extremes of a stream of values. Floating-point sums depend on the order of the addends, and so on the number
 * of workers; hence each value is first rounded to a multiple of 1 / `scale` and summed as an integer, which is exact in any
 * order. Plain data.
 */
export interface Tally {
  readonly scale: number;
  n: number;
  /** The sum times `scale`: a safe integer. */
  scaledSum: number;
  /** Exact least and greatest value; infinite where there is none. */
  min: number;
  max: number;
}

/** `scale` 1,000 keeps three decimals, and sums up to 9e12. */
export function createTally(scale = 1_000): Tally {
  return { scale, n: 0, scaledSum: 0, min: Infinity, max: -Infinity };
}

export function tallyValue(tally: Tally, value: number): void {
  assert(Number.isFinite(value), 'a tally takes finite numbers');
  tally.n += 1;
  tally.scaledSum = exactSum(tally.scaledSum, Math.round(value * tally.scale));
  tally.min = Math.min(tally.min, value);
  tally.max = Math.max(tally.max, value);
}

/** Adds all that `source` has seen to `target`. */
export function mergeTally(target: Tally, source: Tally): void {
  assert(target.scale === source.scale, 'tallies that merge have the same scale');
  target.n += source.n;
  target.scaledSum = exactSum(target.scaledSum, source.scaledSum);
  target.min = Math.min(target.min, source.min);
  target.max = Math.max(target.max, source.max);
}

/** The mean, rounded to a multiple of 1 / `scale`; 0 without values. */
export function tallyMean(tally: Tally): number {
  return tally.n === 0 ? 0 : Math.round(tally.scaledSum / tally.n) / tally.scale;
}

/** The sum of the rounded values, exact to a multiple of 1 / `scale`. */
export const tallySum = (tally: Tally): number => tally.scaledSum / tally.scale;

function exactSum(left: number, right: number): number {
  const sum = left + right;
  assert(Number.isSafeInteger(sum), 'a tally sums safe integers');
  return sum;
}
