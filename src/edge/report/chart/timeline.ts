import type { RepresentativeRun, TimelineLane, TimelineMark } from '#simulate/exercise/exercise-report';
import { clockOfRun, duration } from '../format.ts';
import { type Markup, markup } from '../markup.ts';
import { attackBegin, type ChartNames, chart, PLOT, timeAxis, timeScale } from './frame.ts';
import { endOfRun, firstAct } from './run-glucose.ts';
import type { Scale } from './scale.ts';

export const TIMELINE_LANES: readonly TimelineLane[] = ['attack', 'detection', 'containment', 'harm'];

const LANE_HEIGHT = 22;
const TOP = 4;
const BOTTOM = TOP + TIMELINE_LANES.length * LANE_HEIGHT;
const HEIGHT = BOTTOM + 22;
/** More marks of one lane than this are not told apart; the list beside the chart has them all. */
const MARK_LIMIT = 200;

/** Attack, detection, containment and harm of one run, one lane each, on the clock of the run. */
export function timelineChart(names: ChartNames, run: RepresentativeRun): Markup {
  const end = endOfRun(run);
  const x = timeScale(run.startMin, end);
  const lanes = TIMELINE_LANES.map((lane, index) => {
    const middle = TOP + (index + 0.5) * LANE_HEIGHT;
    const marks = run.marks.filter((mark) => mark.lane === lane);
    return markup`<path class="lane" d="M${PLOT.left},${middle}H${PLOT.right}"/><g class="lane-${lane}">${marks.slice(0, MARK_LIMIT).map((mark) => drawMark(mark, x, middle, end))}</g><text class="label ${lane}" x="${PLOT.right + 6}" y="${middle + 3.5}">${lane}</text>`;
  });
  return chart(names, timelineSummary(run), HEIGHT, [
    attackBegin(firstAct(run), x, 0, BOTTOM),
    ...lanes,
    timeAxis(run.startMin, end, BOTTOM),
  ]);
}

function drawMark(mark: TimelineMark, x: Scale, middle: number, end: number): Markup {
  const at = x(mark.atMin);
  if (mark.untilMin === null)
    return markup`<path class="instant" d="M${at.toFixed(1)},${middle - 6}l4,6l-4,6l-4,-6z"/>`;
  const width = Math.max(x(Math.min(mark.untilMin, end)) - at, 2);
  return markup`<rect class="interval" x="${at.toFixed(1)}" y="${middle - 5}" width="${width.toFixed(1)}" height="10"/>`;
}

/** The run in one sentence: when it was attacked, noticed, contained and harmful, as seen from the first act. */
export function timelineSummary(run: RepresentativeRun): string {
  const first = (lane: TimelineLane): number | undefined =>
    run.marks
      .filter((mark) => mark.lane === lane)
      .reduce<number | undefined>(
        (least, mark) => (least === undefined ? mark.atMin : Math.min(least, mark.atMin)),
        undefined,
      );
  const attack = firstAct(run);
  if (attack === undefined) return 'The adversary did not act.';
  const later = (lane: TimelineLane, happened: string, absent: string): string => {
    const at = first(lane);
    return at === undefined ? absent : `${happened} after ${duration(at - attack)}`;
  };
  const parts = [
    later('detection', 'detected', 'not detected'),
    later('containment', 'contained', 'not contained'),
    later('harm', 'first harm', 'no harm'),
  ];
  return `Attacked at ${clockOfRun(attack)}; ${parts.join(', ')}.`;
}
