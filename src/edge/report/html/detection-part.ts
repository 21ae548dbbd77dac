import type { ExerciseReport } from '#simulate/exercise/exercise-report';
import { delayDistributionChart } from '../chart/delay-distribution.ts';
import { NONE, spread, trimmed } from '../format.ts';
import { defenceTitle, type ScenarioGroup } from '../group.ts';
import { type Markup, markup } from '../markup.ts';
import { cells, table } from './table.ts';

/** When the attack was noticed, against the clock of harm, and by which rule; and what the same defences raise falsely. */
export function detectionPart(report: ExerciseReport, group: ScenarioGroup, id: string): Markup {
  const { results, title } = group;
  const series = results.map((result) => ({
    label: result.defences,
    histogram: result.detectionDelayHistogram,
    runs: result.runs,
  }));
  const anyDetected = results.some((result) => result.detected.k > 0);
  return markup`<h3>When it was noticed</h3>
${
  anyDetected
    ? markup`<figure class="single">${delayDistributionChart({ id: `${id}-d`, title: `Detection delay of ${title}` }, series)}<figcaption>Share of all runs detected within a time; a line that ends below 100 % leaves runs undetected.</figcaption></figure>`
    : markup`<p>No run was detected, with any defence set.</p>`
}
${table({
  caption:
    'Median, with the 5 and 95 % quantiles. A positive lead is a detection before the first hazardous situation.',
  columns: [
    { title: 'Defence set' },
    { title: 'Detection delay', number: true },
    { title: 'Lead over harm', number: true },
    { title: 'First noticed by' },
    { title: 'False findings per device-day', number: true },
  ],
  rows: results.map((result) =>
    cells(
      defenceTitle(report, result.defences),
      spread(result.detectionDelayMin),
      spread(result.leadOverHarmMin),
      result.detectedBy.map(({ rule, runs }) => `${rule} (${runs})`).join(', ') || NONE,
      result.falseFindingsPerDeviceDay === null ? NONE : trimmed(result.falseFindingsPerDeviceDay, 3),
    ),
  ),
})}`;
}
