import type { DelayHistogram, Distribution } from '../exercise-report.ts';
import { type Histogram, histogramQuantile } from './histogram.ts';

/** Quantiles to one bin width of the histogram, rounded to 0.1; least and greatest value to 0.1. */
export function distribution(histogram: Histogram): Distribution {
  const quantile = (q: number): number | null => rounded(histogramQuantile(histogram, q));
  const empty = histogram.n === 0;
  return {
    n: histogram.n,
    min: empty ? null : rounded(histogram.min),
    q05: quantile(0.05),
    q25: quantile(0.25),
    median: quantile(0.5),
    q75: quantile(0.75),
    q95: quantile(0.95),
    max: empty ? null : rounded(histogram.max),
  };
}

/** The counts of a histogram that starts at 0, without the empty bins after the last filled one. */
export function delayHistogram(histogram: Histogram): DelayHistogram {
  const { axis, counts } = histogram;
  const bins = Array.from(counts.subarray(1));
  const filled = bins.findLastIndex((count) => count > 0) + 1;
  return { binMin: (axis.high - axis.low) / axis.bins, counts: bins.slice(0, filled) };
}

const rounded = (value: number | undefined): number | null =>
  value === undefined ? null : Math.round(value * 10) / 10;
