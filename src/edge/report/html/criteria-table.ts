import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { bound } from '../format.ts';
import { defenceTitle, type ScenarioGroup } from '../group.ts';
import type { Markup } from '../markup.ts';
import { metricWords } from '../wording.ts';
import { cells, proportionCell, table } from './table.ts';
import { verdictLabel } from './verdict-label.ts';

/** Every acceptance criterion with what was observed. */
export function criteriaTable(report: ExerciseReport, { results }: ScenarioGroup): Markup {
  return table({
    caption: 'Acceptance criteria. One is met when the whole interval lies on the right side of its bound.',
    columns: [
      { title: 'Defence set' },
      { title: 'Criterion' },
      { title: 'Bound' },
      { title: 'Observed', number: true },
      { title: 'Outcome' },
    ],
    rows: results.flatMap((result) =>
      result.criteria.map((criterion) =>
        cells(
          defenceTitle(report, result.defences),
          criterion.text,
          `${metricWords(criterion.metric)} ${bound(criterion)}`,
          proportionCell(criterion.observed),
          verdictLabel(criterion.outcome),
        ),
      ),
    ),
  });
}
