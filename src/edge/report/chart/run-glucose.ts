import type { MgPerDl, Minutes } from '#base/units';
import type { RepresentativeRun } from '#simulate/exercise/exercise-report';
import { type Markup, markup } from '../markup.ts';
import { attackBegin, type ChartNames, chart, PLOT, timeScale } from './frame.ts';
import { glucoseLevels, glucoseScale } from './glucose-levels.ts';
import { groupsOf, linePath, spreadLabels } from './scale.ts';

const HEIGHT = 132;
const TOP = 8;
const BOTTOM = 126;
const POINT_LIMIT = 96;

/** Plasma glucose of one run, attacked and as its baseline went. */
export function runGlucoseChart(names: ChartNames, run: RepresentativeRun): Markup {
  const x = timeScale(run.startMin, endOfRun(run));
  const y = glucoseScale(TOP, BOTTOM);
  // The lowest value of neighbours is drawn: it is hypoglycaemia that must not be drawn away.
  const path = (values: readonly MgPerDl[]): string =>
    linePath(
      groupsOf(values.length, POINT_LIMIT).map(([from, until]) => ({
        x: x(run.startMin + ((from + until) / 2) * run.stepMin),
        y: y(Math.min(...values.slice(from, until))),
      })),
    );
  const ends = [y(run.glucose.at(-1) ?? 120), y(run.baselineGlucose.at(-1) ?? 120)];
  const [attackedY, baselineY] = spreadLabels(ends, 13, TOP, BOTTOM - 4);
  const body = [
    glucoseLevels(y),
    attackBegin(firstAct(run), x, TOP, HEIGHT),
    markup`<path class="baseline-line" d="${path(run.baselineGlucose)}"/>`,
    markup`<path class="attacked-line" d="${path(run.glucose)}"/>`,
    markup`<text class="label attacked" x="${PLOT.right + 6}" y="${(attackedY! + 3.5).toFixed(1)}">attacked</text>`,
    markup`<text class="label baseline" x="${PLOT.right + 6}" y="${(baselineY! + 3.5).toFixed(1)}">baseline</text>`,
  ];
  const lowest = Math.min(...run.glucose);
  const nadir = lowest <= 40 ? '40 mg/dL or less' : `${Math.round(lowest)} mg/dL`;
  const description = Number.isFinite(lowest)
    ? `Plasma glucose of ${run.patient}; lowest ${nadir}.`
    : 'No glucose was recorded.';
  return chart(names, description, HEIGHT, body);
}

export const endOfRun = (run: RepresentativeRun): Minutes =>
  run.startMin + Math.max(run.glucose.length, run.delivered.length, 1) * run.stepMin;

/** When the adversary first acted, undefined where it did not. */
export function firstAct(run: RepresentativeRun): Minutes | undefined {
  const times = run.marks.filter((mark) => mark.lane === 'attack').map((mark) => mark.atMin);
  return times.length === 0 ? undefined : Math.min(...times);
}
