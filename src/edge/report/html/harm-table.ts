import { SEVERITIES } from '#model/hazard/severity';
import type { ExerciseReport, PairedCount, PairedMean } from '#simulate/exercise/exercise-report';
import { signed, trimmed } from '../format.ts';
import { defenceTitle, type ScenarioGroup } from '../group.ts';
import { type Markup, markup } from '../markup.ts';
import { cells, table } from './table.ts';

/** Severity of the worst harm and the clinical measures, attacked against baseline. */
export function harmTable(report: ExerciseReport, { results }: ScenarioGroup): Markup {
  return markup`${table({
    caption: 'Runs by the ISO 14971 severity of their worst harm: attacked, and in brackets the baseline.',
    columns: [
      { title: 'Defence set' },
      ...SEVERITIES.map((severity) => ({ title: severity.charAt(0).toUpperCase() + severity.slice(1), number: true })),
    ],
    rows: results.map(({ defences, harm }) =>
      cells(
        defenceTitle(report, defences),
        ...SEVERITIES.map((severity) =>
          pairedCount({ attacked: harm.severity.attacked[severity], baseline: harm.severity.baseline[severity] }),
        ),
      ),
    ),
  })}${table({
    caption:
      'Means over the runs, attacked minus baseline in percentage points of time; runs with an event, attacked and in brackets the baseline.',
    columns: [
      { title: 'Defence set' },
      { title: 'Time below 54', number: true },
      { title: 'Time below 70', number: true },
      { title: 'Time above 250', number: true },
      { title: 'Runs below 54', number: true },
      { title: 'Runs below 40 (event)', number: true },
    ],
    rows: results.map(({ defences, harm }) =>
      cells(
        defenceTitle(report, defences),
        pairedMean(harm.tbr54Percent),
        pairedMean(harm.tbr70Percent),
        pairedMean(harm.tar250Percent),
        pairedCount(harm.hypoRuns),
        pairedCount(harm.below40Runs),
      ),
    ),
  })}`;
}

const pairedMean = ({ difference, attacked, baseline }: PairedMean): Markup =>
  markup`${signed(difference, 1)}<span class="minor">${trimmed(attacked, 1)} − ${trimmed(baseline, 1)}</span>`;

const pairedCount = ({ attacked, baseline }: PairedCount): Markup =>
  markup`${attacked === 0 ? markup`<span class="soft">0</span>` : attacked} <span class="soft">(${baseline})</span>`;
