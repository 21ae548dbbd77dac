import type { Units } from '#base/units';
import type { RepresentativeRun } from '#simulate/exercise/exercise-report';
import { trimmed } from '../format.ts';
import { type Markup, markup } from '../markup.ts';
import { attackBegin, type ChartNames, chart, PLOT, timeScale } from './frame.ts';
import { endOfRun, firstAct } from './run-glucose.ts';
import { areaPath, groupsOf, linearScale, linePath, type Point, roundTicks, spreadLabels } from './scale.ts';

const HEIGHT = 118;
const TOP = 10;
const BOTTOM = 110;
const POINT_LIMIT = 96;

/**
 * Insulin added up over one run: commanded by the controller, delivered by the pump, and delivered in the baseline. Sums show
 * what rates hide: the gap between two lines is a dose in units, be it of one bolus or of a basal rate that stopped.
 */
export function insulinChart(names: ChartNames, run: RepresentativeRun): Markup {
  const series = [
    { name: 'delivered', sums: sums(run.delivered) },
    { name: 'commanded', sums: sums(run.commanded) },
    { name: 'baseline', sums: sums(run.baselineDelivered) },
  ];
  const total = Math.max(1, ...series.map(({ sums: values }) => values.at(-1) ?? 0));
  const x = timeScale(run.startMin, endOfRun(run));
  const y = linearScale([0, total], [BOTTOM, TOP]);
  const points = series.map(({ sums: values }) =>
    groupsOf(values.length, POINT_LIMIT).map(
      ([, until]): Point => ({ x: x(run.startMin + until * run.stepMin), y: y(values[until - 1]!) }),
    ),
  );
  const labelY = spreadLabels(
    series.map(({ sums: values }) => y(values.at(-1) ?? 0)),
    12,
    TOP,
    BOTTOM,
  );
  const body = [
    ...roundTicks(total, 3).map(
      (tick, index, ticks) =>
        markup`<path class="grid" d="M${PLOT.left},${y(tick).toFixed(1)}H${PLOT.right}"/><text class="tick-label end" x="${PLOT.left - 6}" y="${(y(tick) + 3.5).toFixed(1)}">${trimmed(tick, 1)}${index === ticks.length - 1 ? ' U' : ''}</text>`,
    ),
    attackBegin(firstAct(run), x, 0, HEIGHT),
    markup`<path class="insulin-gap" d="${areaPath(points[0]!, points[1]!)}"/>`,
    markup`<path class="baseline-line" d="${linePath(points[2]!)}"/>`,
    markup`<path class="commanded-line" d="${linePath(points[1]!)}"/>`,
    markup`<path class="delivered-line" d="${linePath(points[0]!)}"/>`,
    ...series.map(
      ({ name, sums: values }, index) =>
        markup`<text class="label ${name}" x="${PLOT.right + 6}" y="${(labelY[index]! + 3.5).toFixed(1)}">${trimmed(values.at(-1) ?? 0, 1)} ${name}</text>`,
    ),
  ];
  const [delivered, commanded, baseline] = series.map(({ sums: values }) => trimmed(values.at(-1) ?? 0, 1));
  const description = `Insulin added up over the run, in units: ${delivered} delivered, ${commanded} commanded, ${baseline} delivered in the baseline.`;
  return chart(names, description, HEIGHT, body);
}

function sums(steps: readonly Units[]): readonly Units[] {
  let sum = 0;
  return steps.map((units) => {
    sum += units;
    return sum;
  });
}
