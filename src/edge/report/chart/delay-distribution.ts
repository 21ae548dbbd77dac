import type { DelayHistogram } from '#simulate/exercise/exercise-report';
import { duration, percent } from '../format.ts';
import { type Markup, markup } from '../markup.ts';
import { type ChartNames, chart, PLOT } from './frame.ts';
import { linearScale, linePath, type Point, roundTicks, type Scale, spreadLabels } from './scale.ts';

export interface DelaySeries {
  readonly label: string;
  readonly histogram: DelayHistogram;
  /** All runs, detected or not: the line ends at the share that was detected. */
  readonly runs: number;
}

const HEIGHT = 190;
const TOP = 12;
const BOTTOM = 150;
const STYLES = 4;

/** The share of runs detected within a time after the first adversarial act, one line for each defence set. */
export function delayDistributionChart(names: ChartNames, series: readonly DelaySeries[]): Markup {
  const end = Math.max(10, ...series.map(({ histogram }) => histogram.counts.length * histogram.binMin));
  const x = linearScale([0, end], [PLOT.left, PLOT.right]);
  const y = linearScale([0, 1], [BOTTOM, TOP]);
  const lines = series.map((one) => ({ ...one, points: shareDetected(one, x, y, end), share: detectedShare(one) }));
  const labelY = spreadLabels(
    lines.map(({ share }) => y(share)),
    12,
    TOP,
    BOTTOM,
  );
  const body = [
    ...[0, 0.5, 1].map(
      (share) =>
        markup`<path class="grid" d="M${PLOT.left},${y(share).toFixed(1)}H${PLOT.right}"/><text class="tick-label end" x="${PLOT.left - 6}" y="${(y(share) + 3.5).toFixed(1)}">${percent(share)}</text>`,
    ),
    ...lines.map(
      ({ points }, index) => markup`<path class="delay-line style-${index % STYLES}" d="${linePath(points)}"/>`,
    ),
    ...lines.map(
      ({ label }, index) =>
        markup`<text class="label style-${index % STYLES}" x="${PLOT.right + 6}" y="${(labelY[index]! + 3.5).toFixed(1)}">${label}</text>`,
    ),
    ...roundTicks(end, 6).map(
      (tick) =>
        markup`<path class="tick" d="M${x(tick).toFixed(1)},${BOTTOM}v4"/><text class="tick-label mid" x="${x(tick).toFixed(1)}" y="${BOTTOM + 15}">${tick}</text>`,
    ),
    markup`<text class="tick-label mid" x="${(PLOT.left + PLOT.right) / 2}" y="${BOTTOM + 32}">minutes after the first adversarial act</text>`,
  ];
  const summary = lines.map(({ label, share, histogram }) =>
    share === 0
      ? `${label} none`
      : `${label} ${percent(share)}, the last after at most ${duration(histogram.counts.length * histogram.binMin)}`,
  );
  return chart(names, `Share of runs detected over time: ${summary.join('; ')}.`, HEIGHT, body);
}

function shareDetected({ histogram, runs }: DelaySeries, x: Scale, y: Scale, end: number): readonly Point[] {
  const points: Point[] = [{ x: x(0), y: y(0) }];
  let detected = 0;
  for (const [bin, count] of histogram.counts.entries()) {
    if (count === 0) continue;
    const at = x((bin + 1) * histogram.binMin);
    points.push({ x: at, y: y(detected / Math.max(runs, 1)) });
    detected += count;
    points.push({ x: at, y: y(detected / Math.max(runs, 1)) });
  }
  points.push({ x: x(end), y: y(detected / Math.max(runs, 1)) });
  return points;
}

function detectedShare({ histogram, runs }: DelaySeries): number {
  return histogram.counts.reduce((sum, count) => sum + count, 0) / Math.max(runs, 1);
}
