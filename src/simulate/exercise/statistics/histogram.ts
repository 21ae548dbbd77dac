import { assert } from '#base/assert';
import type { Fraction } from '#base/units';

/** Equal bins over [low, high). */
export interface HistogramAxis {
  readonly low: number;
  readonly high: number;
  readonly bins: number;
}

/**
 * Counts of values in fixed bins, one bin below and one above included: memory is bounded whatever the number of values.
 * Plain data, so that it crosses threads. Counts add up exactly, so merging in any order gives the same histogram.
 */
export interface Histogram {
  readonly axis: HistogramAxis;
  /** `counts[0]` is below the axis, `counts[bins + 1]` above it. */
  readonly counts: Float64Array;
  n: number;
  /** Exact least and greatest value; infinite where there is none. */
  min: number;
  max: number;
}

export function createHistogram(axis: HistogramAxis): Histogram {
  assert(axis.bins >= 1 && axis.high > axis.low, 'a histogram has bins');
  return { axis, counts: new Float64Array(axis.bins + 2), n: 0, min: Infinity, max: -Infinity };
}

export function recordValue(histogram: Histogram, value: number): void {
  histogram.counts[binOf(histogram.axis, value)]! += 1;
  histogram.n += 1;
  histogram.min = Math.min(histogram.min, value);
  histogram.max = Math.max(histogram.max, value);
}

/** Adds all that `source` has seen to `target`. */
export function mergeHistogram(target: Histogram, source: Histogram): void {
  assert(sameAxis(target.axis, source.axis), 'histograms that merge have the same axis');
  for (let bin = 0; bin < target.counts.length; bin += 1) target.counts[bin]! += source.counts[bin]!;
  target.n += source.n;
  target.min = Math.min(target.min, source.min);
  target.max = Math.max(target.max, source.max);
}

/**
 * The value below which the fraction `q` of the values lies, exact to one bin width: linear inside a bin, within the least and
 * greatest value seen. Undefined without values.
 */
export function histogramQuantile(histogram: Histogram, q: Fraction): number | undefined {
  if (histogram.n === 0) return undefined;
  const value = binnedQuantile(histogram.axis, histogram.counts, 0, histogram.n, q);
  return Math.min(Math.max(value, histogram.min), histogram.max);
}

/** The index of the bin of `value`, 0 and `bins + 1` being those outside the axis. */
export function binOf(axis: HistogramAxis, value: number): number {
  assert(!Number.isNaN(value), 'a histogram takes numbers');
  if (value < axis.low) return 0;
  if (value >= axis.high) return axis.bins + 1;
  return Math.min(1 + Math.floor(((value - axis.low) / (axis.high - axis.low)) * axis.bins), axis.bins);
}

/** The quantile of the `bins + 2` counts from `offset` on, whose sum is `n`; a quantile outside the axis reads as its end. */
export function binnedQuantile(
  axis: HistogramAxis,
  counts: Float64Array | Uint32Array,
  offset: number,
  n: number,
  q: Fraction,
): number {
  const width = (axis.high - axis.low) / axis.bins;
  const rank = q * n;
  let below = 0;
  for (let bin = 0; bin <= axis.bins; bin += 1) {
    const count = counts[offset + bin]!;
    if (count > 0 && below + count >= rank) {
      if (bin === 0) return axis.low;
      return axis.low + (bin - 1 + (rank - below) / count) * width;
    }
    below += count;
  }
  return axis.high;
}

export function sameAxis(left: HistogramAxis, right: HistogramAxis): boolean {
  return left.low === right.low && left.high === right.high && left.bins === right.bins;
}
