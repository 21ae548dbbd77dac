import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { defenceTitle, type ScenarioGroup } from '../group.ts';
import { type Markup, markup } from '../markup.ts';
import { OUTCOME_MEANINGS } from '../wording.ts';
import { cells, proportionCell, table } from './table.ts';
import { verdictLabel } from './verdict-label.ts';

const OUTCOMES = ['prevented', 'detected', 'contained', 'recovered', 'harmed'] as const;

/** Prevented, detected, contained, recovered and harmed by defence set; each row with the command that repeats it. */
export function outcomeTable(report: ExerciseReport, { results }: ScenarioGroup): Markup {
  const meanings = OUTCOMES.map((outcome) => `${outcome}: ${OUTCOME_MEANINGS[outcome]}`).join('; ');
  return table({
    caption: `Share of runs, with k/n and the exact interval. ${meanings.charAt(0).toUpperCase()}${meanings.slice(1)}.`,
    columns: [
      { title: 'Defence set' },
      ...OUTCOMES.map((outcome) => ({ title: outcome.charAt(0).toUpperCase() + outcome.slice(1), number: true })),
      { title: 'Verdict' },
    ],
    rows: results.flatMap((result) => [
      cells(
        markup`${defenceTitle(report, result.defences)}<span class="minor">${result.runs} runs${result.stoppedEarly ? ', stopped early' : ''}</span>`,
        ...OUTCOMES.map((outcome) => proportionCell(result[outcome])),
        verdictLabel(result.verdict),
      ),
      { kind: 'command', command: result.replayCommand },
    ]),
  });
}
