import type { Fraction } from '#base/units';
import type { Proportion } from '../exercise-report.ts';
import { clopperPearson } from './clopper-pearson.ts';

/** Six decimals of a proportion. */
const SCALE = 1_000_000;

/**
 * `k` of `n` with its exact interval, rounded outwards to six decimals: the coverage is kept, and the last bits of the
 * platform's logarithm do not reach a report.
 */
export function proportion(k: number, n: number, confidence: Fraction): Proportion {
  const { low, high } = clopperPearson(k, n, confidence);
  return { k, n, low: Math.floor(low * SCALE) / SCALE, high: Math.ceil(high * SCALE) / SCALE };
}
