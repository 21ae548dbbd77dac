import type { ExerciseReport, ScenarioResult, TimelineMark } from '#simulate/exercise/exercise-report';
import { insulinChart } from '../chart/insulin.ts';
import { runGlucoseChart } from '../chart/run-glucose.ts';
import { timelineChart, timelineSummary } from '../chart/timeline.ts';
import { clockOfRun } from '../format.ts';
import { defenceTitle } from '../group.ts';
import { type Markup, markup } from '../markup.ts';

/** A run may be attacked every minute; a longer list is for `wardtwin replay`, which prints all. */
const LIST_LIMIT = 24;

/** One run: glucose, insulin and the timeline, aligned on one clock, with the list of its marks. */
export function runFigure(report: ExerciseReport, result: ScenarioResult, id: string): Markup {
  const { representative: run, title } = result;
  const set = defenceTitle(report, result.defences);
  return markup`<figure><div class="head"><h4>${set}</h4><span class="soft">${run.patient}, run ${run.run}</span></div>${runGlucoseChart({ id: `${id}g`, title: `Glucose of one run of ${title}, ${set}` }, run)}${insulinChart({ id: `${id}i`, title: `Insulin of one run of ${title}, ${set}` }, run)}${timelineChart({ id: `${id}t`, title: `Timeline of one run of ${title}, ${set}` }, run)}<figcaption>${timelineSummary(run)}</figcaption>${markList(run.marks)}</figure>
`;
}

function markList(marks: readonly TimelineMark[]): Markup | undefined {
  if (marks.length === 0) return undefined;
  const ordered = marks.toSorted((left, right) => left.atMin - right.atMin);
  const more = ordered.length - LIST_LIMIT;
  return markup`<details><summary>What happened when</summary><ol>${ordered.slice(0, LIST_LIMIT).map((mark) => {
    const until = mark.untilMin === null ? '' : ` to ${clockOfRun(mark.untilMin)}`;
    return markup`<li><span>${clockOfRun(mark.atMin)}${until}</span><span>${mark.lane}</span><span>${mark.text}</span></li>`;
  })}</ol>${more > 0 ? markup`<p>and ${more} more; the replay command prints all</p>` : undefined}</details>`;
}
