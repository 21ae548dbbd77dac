import type { ExerciseReport, ScenarioResult } from '#simulate/exercise/exercise-report';
import { share } from '../format.ts';
import { defenceTitle, keyOutcome, type ScenarioGroup } from '../group.ts';
import { type Markup, markup } from '../markup.ts';
import { metricWords } from '../wording.ts';
import { cells, table } from './table.ts';
import { verdictLabel } from './verdict-label.ts';

/** Scenario by defence set: the verdict, and the proportion that decided it. */
export function summaryMatrix(report: ExerciseReport, groups: readonly ScenarioGroup[]): Markup {
  const sets = report.defenceSets.map((set) => set.id);
  return markup`<section class="matrix" id="results" tabindex="-1"><h2>Results</h2>${table({
    caption: 'Each scenario with each defence set: its verdict, and the share of runs that decided it.',
    columns: [{ title: 'Scenario' }, ...sets.map((set) => ({ title: defenceTitle(report, set) }))],
    rows: groups.map((group, index) =>
      cells(
        markup`<a href="#s${index + 1}">${group.title}</a>`,
        ...sets.map((set) => matrixCell(group.results.find((result) => result.defences === set))),
      ),
    ),
  })}</section>`;
}

function matrixCell(result: ScenarioResult | undefined): Markup {
  if (result === undefined) return markup`<span class="soft">not exercised</span>`;
  const { metric, observed } = keyOutcome(result);
  return markup`${verdictLabel(result.verdict)}<span class="minor">${share(observed)} ${metricWords(metric)}</span>`;
}
