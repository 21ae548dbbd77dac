import type { ExerciseReport, ScenarioResult } from '#simulate/exercise/exercise-report';
import { NONE, signed, trimmed } from '../format.ts';
import { defenceTitle } from '../group.ts';
import { type Markup, type MarkupValue, markup } from '../markup.ts';
import { cells, table } from './table.ts';

/** What the defence sets do to therapy when nobody attacks, over the whole suite: ranges over its scenarios. */
export function costSection(report: ExerciseReport): Markup {
  return markup`<section id="cost"><h2>The cost of each defence</h2><p>Measured on attack-free runs with the defence set on, against the same runs without any defence. Where the scenarios differ, the range over them is given.</p>${table(
    {
      caption: 'False findings and therapy lost on attack-free runs.',
      columns: COLUMNS,
      rows: report.defenceSets.map((set) => {
        const results = report.scenarios.filter((result) => result.defences === set.id);
        return cells(defenceTitle(report, set.id), ...costCells(results));
      }),
    },
  )}</section>`;
}

const COLUMNS = [
  { title: 'Defence set' },
  { title: 'False findings per device-day', number: true },
  { title: 'Insulin lost, U/day', number: true },
  { title: 'Therapy held back, min/day', number: true },
  { title: 'Added time below 70, pp', number: true },
  { title: 'Added time above 180, pp', number: true },
  { title: 'Most false findings by', number: false },
];

/** The cost of the results of one defence set. */
function costCells(results: readonly ScenarioResult[]): readonly MarkupValue[] {
  const lost = results.flatMap((result) => (result.therapyLost === null ? [] : [result.therapyLost]));
  const deviceDays = results.reduce((sum, result) => sum + result.attackFree.deviceDays, 0);
  const findings = results.reduce((sum, result) => sum + result.attackFree.falseFindings, 0);
  const rate = deviceDays === 0 ? NONE : trimmed(findings / deviceDays, 3);
  return [
    markup`${rate}<span class="minor">${findings} in ${trimmed(deviceDays, 1)} d</span>`,
    range(
      lost.map((loss) => loss.insulinUnitsPerDay),
      (value) => trimmed(value, 2),
    ),
    range(
      lost.map((loss) => loss.minutesPerDay),
      (value) => trimmed(value, 1),
    ),
    range(
      lost.map((loss) => loss.addedTbr70Percent),
      (value) => signed(value, 2),
    ),
    range(
      lost.map((loss) => loss.addedTar180Percent),
      (value) => signed(value, 2),
    ),
    mostFrequentRule(results),
  ];
}

function range(values: readonly number[], format: (value: number) => string): string {
  if (values.length === 0) return NONE;
  const [least, most] = [format(Math.min(...values)), format(Math.max(...values))];
  return least === most ? least : `${least} to ${most}`;
}

function mostFrequentRule(results: readonly ScenarioResult[]): string {
  const findings = new Map<string, number>();
  for (const { rule, findings: number } of results.flatMap((result) => result.attackFree.falseFindingsByRule)) {
    findings.set(rule, (findings.get(rule) ?? 0) + number);
  }
  const ordered = [...findings].sort(
    ([leftRule, left], [rightRule, right]) => right - left || (leftRule < rightRule ? -1 : 1),
  );
  return ordered.length === 0 ? NONE : `${ordered[0]![0]} (${ordered[0]![1]})`;
}
