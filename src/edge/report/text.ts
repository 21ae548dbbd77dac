import type { ExerciseReport, ScenarioResult, Verdict } from '#simulate/exercise/exercise-report';
import { bound, count, interval, NONE, share, spread, trimmed } from './format.ts';
import { keyOutcome, scenarioGroups } from './group.ts';
import { EVIDENCE_IS_NOT, metricWords, VERDICT_MARKS } from './wording.ts';

export interface TextOptions {
  /** Whether the terminal shows colours: false where the output is not a terminal, or `NO_COLOR` is set. */
  readonly colour: boolean;
}

/** A part of a line, in the colour of a verdict or plain. */
interface Segment {
  readonly text: string;
  readonly verdict?: Verdict;
}

type Line = readonly Segment[];

/** SGR codes (ECMA-48, section 8.3.117). */
const VERDICT_COLOURS: Readonly<Record<Verdict, string>> = { accepted: '32', violated: '31', undecided: '33' };

/** A compact summary for a terminal: who ran what, the matrix of verdicts, what was not accepted and why, what it all means. */
export function renderText(report: ExerciseReport, { colour }: TextOptions): string {
  const open = report.scenarios.filter((result) => result.verdict !== 'accepted');
  const paragraphs: readonly (readonly Line[])[] = [
    identity(report),
    matrix(report),
    [plain('✓ accepted  ✗ violated  ? undecided; the share is that of the criterion which decided')],
    ...open.map(unaccepted),
    report.defenceSets.map((set) => defenceCost(report, set.id)),
    [plain('what this evidence is not'), ...EVIDENCE_IS_NOT.map((sentence) => plain(`  ${sentence}`))],
    [
      [
        { text: `${VERDICT_MARKS[report.verdict]} ${report.verdict}`, verdict: report.verdict },
        { text: tally(report) },
      ],
      plain(`repeat: ${report.command}`),
    ],
  ];
  const show = (line: Line): string =>
    line
      .map((segment) => paint(segment, colour))
      .join('')
      .trimEnd();
  return `${paragraphs.map((lines) => lines.map(show).join('\n')).join('\n\n')}\n`;
}

/** Control characters in a name of the data must not reach the terminal: they could move its cursor or change its state. */
function paint({ text, verdict }: Segment, colour: boolean): string {
  const printable = text.replaceAll('\u00a0', ' ').replaceAll(/\p{Cc}/gu, '\ufffd');
  return colour && verdict !== undefined ? `\u001b[${VERDICT_COLOURS[verdict]}m${printable}\u001b[0m` : printable;
}

const plain = (text: string): Line => [{ text }];

function identity(report: ExerciseReport): readonly Line[] {
  const { patients, maximumRuns, confidence } = report.options;
  const parts = [
    `wardtwin ${report.version}`,
    `suite ${report.suite}`,
    `seed ${report.seed}`,
    `${patients.length} ${patients.length === 1 ? 'patient' : 'patients'}`,
    `at most ${maximumRuns} runs each`,
    `confidence ${trimmed(confidence * 100, 2)} %`,
  ];
  const interrupted = report.complete ? [] : [plain('interrupted: only finished scenarios are listed')];
  return [plain(parts.join(', ')), ...interrupted];
}

function matrix(report: ExerciseReport): readonly Line[] {
  const sets = report.defenceSets.map((set) => set.id);
  const rows: readonly Line[] = [
    ['scenario', ...sets].map((text) => ({ text })),
    ...scenarioGroups(report).map(({ id, results }) => [
      { text: id },
      ...sets.map((set) => cell(results.find((result) => result.defences === set))),
    ]),
  ];
  const widths = ['scenario', ...sets].map((_, column) => Math.max(...rows.map((row) => row[column]!.text.length)));
  return rows.map((row) => {
    const padding = (column: number): string => ' '.repeat(widths[column]! - row[column]!.text.length + 2);
    return row.flatMap((segment, column) =>
      column === row.length - 1 ? [segment] : [segment, { text: padding(column) }],
    );
  });
}

function cell(result: ScenarioResult | undefined): Segment {
  if (result === undefined) return { text: NONE };
  const { metric, observed } = keyOutcome(result);
  const text = `${VERDICT_MARKS[result.verdict]} ${share(observed).padStart(5)} ${metricWords(metric)}`;
  return { text, verdict: result.verdict };
}

function unaccepted(result: ScenarioResult): readonly Line[] {
  const { verdict } = result;
  const faults = result.criteria
    .filter((criterion) => criterion.outcome !== 'accepted')
    .map((criterion) => {
      const { observed } = criterion;
      const seen = `${count(observed)} = ${share(observed)} ${interval(observed)}`;
      return plain(
        `  ${criterion.text}: ${metricWords(criterion.metric)} has to be ${bound(criterion)}, observed ${seen}`,
      );
    });
  const detected = result.detected.k > 0 ? [plain(`  detected after ${spread(result.detectionDelayMin)}`)] : [];
  return [
    [{ text: `${VERDICT_MARKS[verdict]} ${verdict}`, verdict }, { text: `: ${result.id} with ${result.defences}` }],
    ...faults,
    ...detected,
    plain(`  repeat: ${result.replayCommand}`),
  ];
}

/** What a defence set costs on attack-free runs, pooled over the scenarios. */
function defenceCost(report: ExerciseReport, set: string): Line {
  const results = report.scenarios.filter((result) => result.defences === set);
  const deviceDays = results.reduce((sum, result) => sum + result.attackFree.deviceDays, 0);
  const findings = results.reduce((sum, result) => sum + result.attackFree.falseFindings, 0);
  if (deviceDays === 0) return plain(`${set}: no attack-free runs, so its cost is unknown`);
  const lost = results.flatMap((result) => (result.therapyLost === null ? [] : [result.therapyLost]));
  const worst = trimmed(Math.max(0, ...lost.map((loss) => loss.insulinUnitsPerDay)), 2);
  const rate = trimmed(findings / deviceDays, 3);
  return plain(`${set}: ${rate} false findings per device-day, at most ${worst} U/day of therapy lost`);
}

function tally(report: ExerciseReport): string {
  const verdicts: readonly Verdict[] = ['accepted', 'violated', 'undecided'];
  const numbers = verdicts.map(
    (verdict) => `${report.scenarios.filter((result) => result.verdict === verdict).length} ${verdict}`,
  );
  return `: ${numbers.join(', ')}`;
}
