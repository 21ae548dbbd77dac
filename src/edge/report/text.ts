import type { ExerciseReport, ScenarioResult, Verdict } from '#simulate/exercise/exercise-report';
import { bound, count, interval, NONE, share, spread, trimmed } from './format.ts';
import { keyOutcome, scenarioGroups } from './group.ts';
import { EVIDENCE_IS_NOT, VERDICT_MARKS } from './wording.ts';

export interface TextOptions {
  /** Whether the terminal shows colours: false where the output is not a terminal, or `NO_COLOR` is set. */
  readonly colour: boolean;
}

/** SGR codes (ECMA-48, section 8.3.117). */
const VERDICT_COLOURS: Readonly<Record<Verdict, string>> = { accepted: '32', violated: '31', undecided: '33' };

/** A compact summary for a terminal: who ran what, the matrix of verdicts, what was not accepted and why, what it all means. */
export function renderText(report: ExerciseReport, { colour }: TextOptions): string {
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const verdict = paint(`1;${VERDICT_COLOURS[report.verdict]}`, `${VERDICT_MARKS[report.verdict]} ${report.verdict}`);
  const open = report.scenarios.filter((result) => result.verdict !== 'accepted');
  const sections = [
    [identity(report), ...(report.complete ? [] : ['interrupted: only finished scenarios are listed'])],
    matrix(report, paint),
    ['✓ accepted  ✗ violated  ? undecided; the share is that of the criterion which decided'],
    ...open.map((result) => unaccepted(result, paint)),
    defenceCosts(report),
    ['this evidence is', ...EVIDENCE_IS_NOT.map((sentence) => `  ${lowerFirst(sentence)}`)],
    [`${verdict}: ${tally(report)}`, `repeat: ${report.command}`],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`.replaceAll('\u00a0', ' ');
}

function identity(report: ExerciseReport): string {
  const { patients, maximumRuns, confidence } = report.options;
  return [
    `wardtwin ${report.version}`,
    `suite ${report.suite}`,
    `seed ${report.seed}`,
    `${patients.length} ${patients.length === 1 ? 'patient' : 'patients'}`,
    `at most ${maximumRuns} runs each`,
    `confidence ${trimmed(confidence * 100, 2)} %`,
  ].join(', ');
}

type Paint = (code: string, text: string) => string;

function matrix(report: ExerciseReport, paint: Paint): readonly string[] {
  const sets = report.defenceSets.map((set) => set.id);
  const header = ['scenario', ...sets];
  const rows = scenarioGroups(report).map(({ id, results }) => [
    { text: id, verdict: undefined },
    ...sets.map((set) => cell(results.find((result) => result.defences === set))),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.text.length)));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, column) => text.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return [
    line(header),
    ...rows.map((row) =>
      row
        .map(({ text, verdict }, column) => {
          const padded = text.padEnd(column === row.length - 1 ? 0 : widths[column]!);
          return verdict === undefined ? padded : paint(VERDICT_COLOURS[verdict], padded);
        })
        .join('  ')
        .trimEnd(),
    ),
  ];
}

function cell(result: ScenarioResult | undefined): { readonly text: string; readonly verdict: Verdict | undefined } {
  if (result === undefined) return { text: NONE, verdict: undefined };
  const { metric, observed } = keyOutcome(result);
  const text = `${VERDICT_MARKS[result.verdict]} ${share(observed).padStart(5)} ${metric}`;
  return { text, verdict: result.verdict };
}

function unaccepted(result: ScenarioResult, paint: Paint): readonly string[] {
  const title = `${VERDICT_MARKS[result.verdict]} ${result.verdict}: ${result.id} with ${result.defences}`;
  const faults = result.criteria
    .filter((criterion) => criterion.outcome !== 'accepted')
    .map((criterion) => {
      const { observed } = criterion;
      const seen = `${count(observed)} = ${share(observed)} ${interval(observed)}`;
      return `  ${criterion.text}: ${criterion.metric} has to be ${bound(criterion)}, observed ${seen}`;
    });
  const delay = `  detected after ${spread(result.detectionDelayMin)}`;
  const detected = result.detected.k > 0 ? [delay] : [];
  return [paint(VERDICT_COLOURS[result.verdict], title), ...faults, ...detected, `  repeat: ${result.replayCommand}`];
}

/** What each defence set costs on attack-free runs, pooled over the scenarios. */
function defenceCosts(report: ExerciseReport): readonly string[] {
  return report.defenceSets.map((set) => {
    const results = report.scenarios.filter((result) => result.defences === set.id);
    const deviceDays = results.reduce((sum, result) => sum + result.attackFree.deviceDays, 0);
    const findings = results.reduce((sum, result) => sum + result.attackFree.falseFindings, 0);
    const lost = results.flatMap((result) => (result.therapyLost === null ? [] : [result.therapyLost]));
    const worst = Math.max(0, ...lost.map((loss) => loss.insulinUnitsPerDay));
    const rate = deviceDays === 0 ? NONE : trimmed(findings / deviceDays, 3);
    return `${set.id}: ${rate} false findings per device-day, at most ${trimmed(worst, 2)} U/day of therapy lost`;
  });
}

function tally(report: ExerciseReport): string {
  const verdicts: readonly Verdict[] = ['accepted', 'violated', 'undecided'];
  return verdicts
    .map((verdict) => `${report.scenarios.filter((result) => result.verdict === verdict).length} ${verdict}`)
    .join(', ');
}

const lowerFirst = (sentence: string): string =>
  (sentence.charAt(0).toLowerCase() + sentence.slice(1)).replace(/\.$/, '');
