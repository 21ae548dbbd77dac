import { assert, unreachable } from '#base/assert';
import type { Random } from '#base/random';

/**
 * How one parameter spreads over a population. A value outside `low`..`high` is drawn again: published spreads reach into
 * values no body has.
 */
export type ParameterDistribution =
  | { readonly kind: 'fixed'; readonly value: number }
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number }
  /** x, ln x, 1/x or exp x is normal, as the publication states it. */
  | {
      readonly kind: 'normal' | 'log-normal' | 'reciprocal-normal' | 'exponential-normal';
      readonly mean: number;
      readonly sd: number;
      readonly low: number;
      readonly high: number;
    };

/** Bounds that cut away nearly all of a distribution are a fault of the data; the catalog's keep more than half. */
const MAX_DRAWS = 10_000;

export function drawParameter(random: Random, distribution: ParameterDistribution): number {
  switch (distribution.kind) {
    case 'fixed':
      return distribution.value;
    case 'uniform':
      return random.uniform(distribution.low, distribution.high);
    case 'normal':
      return drawWithin(distribution, () => random.normal(distribution.mean, distribution.sd));
    case 'log-normal':
      return drawWithin(distribution, () => Math.exp(random.normal(distribution.mean, distribution.sd)));
    case 'reciprocal-normal':
      return drawWithin(distribution, () => 1 / random.normal(distribution.mean, distribution.sd));
    case 'exponential-normal':
      return drawWithin(distribution, () => Math.log(random.normal(distribution.mean, distribution.sd)));
    default:
      return unreachable(distribution);
  }
}

function drawWithin(bounds: { readonly low: number; readonly high: number }, draw: () => number): number {
  for (let count = 0; count < MAX_DRAWS; count += 1) {
    const value = draw();
    if (value >= bounds.low && value <= bounds.high) return value;
  }
  assert(false, `a draw falls within \`${bounds.low}\` to \`${bounds.high}\``);
}
