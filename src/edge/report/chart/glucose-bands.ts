import type { Minutes } from '#base/units';
import type { GlucoseBand, GlucoseBands } from '#simulate/exercise/exercise-report';
import { clockOfRun } from '../format.ts';
import { type Markup, markup } from '../markup.ts';
import { attackBegin, type ChartNames, chart, PLOT, timeAxis, timeScale } from './frame.ts';
import { glucoseLevels, glucoseScale } from './glucose-levels.ts';
import { areaPath, groupsOf, linePath, type Point, type Scale, spreadLabels } from './scale.ts';

const HEIGHT = 214;
const TOP = 10;
const BOTTOM = 188;
/** More points than this are not seen at the size at which the chart stands. */
const POINT_LIMIT = 64;

/**
 * Glucose over time of all runs: the attacked runs as their 5 to 95 % and 25 to 75 % ranges with the median, the baseline as its
 * 25 to 75 % range with the median.
 */
export function glucoseBandsChart(names: ChartNames, bands: GlucoseBands, attackAtMin: Minutes | undefined): Markup {
  const { attacked, baseline } = bands;
  const start = attacked.startMin;
  const end = start + Math.max(attacked.median.length, baseline.median.length, 1) * attacked.stepMin;
  const x = timeScale(start, end);
  const y = glucoseScale(TOP, BOTTOM);
  const body = [
    glucoseLevels(y),
    markup`<path class="baseline-band" d="${rangePath(baseline, 'q25', 'q75', x, y)}"/>`,
    markup`<path class="attacked-band" d="${rangePath(attacked, 'q05', 'q95', x, y)}"/>`,
    markup`<path class="attacked-band inner" d="${rangePath(attacked, 'q25', 'q75', x, y)}"/>`,
    markup`<path class="baseline-line" d="${medianPath(baseline, x, y)}"/>`,
    markup`<path class="attacked-line" d="${medianPath(attacked, x, y)}"/>`,
    attackBegin(attackAtMin, x, TOP, BOTTOM),
    directLabels(attacked, baseline, y),
    timeAxis(start, end, BOTTOM),
  ];
  return chart(names, describe(bands), HEIGHT, body);
}

/** Where points are merged the band keeps their extremes, so that no dip is drawn away. */
function rangePath(band: GlucoseBand, low: 'q05' | 'q25', high: 'q75' | 'q95', x: Scale, y: Scale): string {
  const groups = groupsOf(band.median.length, POINT_LIMIT);
  const at = ([from, until]: readonly [number, number]): number =>
    x(band.startMin + ((from + until) / 2) * band.stepMin);
  const upper = groups.map((group): Point => ({ x: at(group), y: y(Math.max(...band[high].slice(...group))) }));
  const lower = groups.map((group): Point => ({ x: at(group), y: y(Math.min(...band[low].slice(...group))) }));
  return areaPath(upper, lower);
}

function medianPath(band: GlucoseBand, x: Scale, y: Scale): string {
  const points = groupsOf(band.median.length, POINT_LIMIT).map(([from, until]): Point => {
    const values = band.median.slice(from, until);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { x: x(band.startMin + ((from + until) / 2) * band.stepMin), y: y(mean) };
  });
  return linePath(points);
}

function directLabels(attacked: GlucoseBand, baseline: GlucoseBand, y: Scale): Markup {
  const ends = [y(attacked.median.at(-1) ?? 120), y(baseline.median.at(-1) ?? 120)];
  const [attackedY, baselineY] = spreadLabels(ends, 13, TOP, BOTTOM - 4);
  const x = PLOT.right + 6;
  return markup`<text class="label attacked" x="${x}" y="${(attackedY! + 3.5).toFixed(1)}">attacked</text><text class="label baseline" x="${x}" y="${(baselineY! + 3.5).toFixed(1)}">baseline</text>`;
}

function describe({ attacked, baseline }: GlucoseBands): string {
  const lowest = (band: GlucoseBand): string => {
    const value = Math.min(...band.median);
    if (!Number.isFinite(value)) return 'was not recorded';
    const at = clockOfRun(band.startMin + band.median.indexOf(value) * band.stepMin);
    return value <= 40 ? `falls to 40 mg/dL or less at ${at}` : `is lowest at ${at} with ${Math.round(value)} mg/dL`;
  };
  const highest = Math.max(...attacked.median);
  const peak = Number.isFinite(highest) ? ` and is at most ${Math.round(highest)} mg/dL` : '';
  return `Glucose in mg/dL over the time of day. The median of the attacked runs ${lowest(attacked)}${peak}; that of the baseline ${lowest(baseline)}.`;
}
