import { assert } from '#base/assert';
import type { MgPerDl, Minutes } from '#base/units';
import type { GlucoseBand } from '../exercise-report.ts';
import { binnedQuantile, binOf, type HistogramAxis, sameAxis } from './histogram.ts';

/** From the end of the models' validity to beyond any sensor, 4 mg/dL wide. */
export const GLUCOSE_AXIS: HistogramAxis = { low: 40, high: 500, bins: 115 };

/**
 * A histogram of glucose for each step of time over any number of runs: 288 steps take 135 kB, whatever the number of runs.
 * Plain data; merging in any order gives the same band.
 */
export interface BandCounts {
  readonly axis: HistogramAxis;
  readonly startMin: Minutes;
  readonly stepMin: Minutes;
  readonly steps: number;
  /** Row by row, one histogram of `bins + 2` counts for each step. */
  readonly counts: Uint32Array;
}

export function createBand(
  startMin: Minutes,
  stepMin: Minutes,
  steps: number,
  axis: HistogramAxis = GLUCOSE_AXIS,
): BandCounts {
  assert(steps >= 1 && stepMin > 0, 'a band has steps');
  return { axis, startMin, stepMin, steps, counts: new Uint32Array(steps * (axis.bins + 2)) };
}

/** Counts one value at a minute; what lies outside the band's time is not counted. */
export function recordGlucose(band: BandCounts, minute: Minutes, glucose: MgPerDl): void {
  const step = Math.floor((minute - band.startMin) / band.stepMin);
  if (step < 0 || step >= band.steps) return;
  band.counts[step * (band.axis.bins + 2) + binOf(band.axis, glucose)]! += 1;
}

/** Adds all that `source` has seen to `target`. */
export function mergeBand(target: BandCounts, source: BandCounts): void {
  const alike =
    target.startMin === source.startMin && target.stepMin === source.stepMin && target.steps === source.steps;
  assert(alike && sameAxis(target.axis, source.axis), 'bands that merge have the same axes');
  for (let index = 0; index < target.counts.length; index += 1) target.counts[index]! += source.counts[index]!;
}

/** The quantiles of each step, to 0.1 mg/dL; the band ends before the first step that no run reached. */
export function glucoseBand(band: BandCounts): GlucoseBand {
  const width = band.axis.bins + 2;
  const totals: number[] = [];
  for (let step = 0; step < band.steps; step += 1) {
    let total = 0;
    for (let bin = 0; bin < width; bin += 1) total += band.counts[step * width + bin]!;
    if (total === 0) break;
    totals.push(total);
  }
  const quantile = (q: number): readonly number[] =>
    totals.map((n, step) => Math.round(10 * binnedQuantile(band.axis, band.counts, step * width, n, q)) / 10);
  return {
    startMin: band.startMin,
    stepMin: band.stepMin,
    q05: quantile(0.05),
    q25: quantile(0.25),
    median: quantile(0.5),
    q75: quantile(0.75),
    q95: quantile(0.95),
  };
}
