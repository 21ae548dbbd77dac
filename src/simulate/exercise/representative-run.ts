import { explain } from '#base/explanation';
import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import type { RepresentativeRun, TimelineMark } from './exercise-report.ts';
import { firstTrueFinding } from './judge.ts';
import { type RunOutcome, SERIES_STEP_MIN } from './run-outcome.ts';

export interface RunPair {
  readonly attacked: RunOutcome;
  readonly baseline: RunOutcome;
}

/** Marks of one kind closer together than this are drawn as one. */
const JOIN_WITHIN_MIN = 15;
const MOST_MARKS = 60;
/** The models' validity ends here; a chart shows no number below. */
const SHOWN_FLOOR = 40;

/** One run in the detail that a person looks at. */
export function representativeRun(
  patient: string,
  run: number,
  startMin: Minutes,
  { attacked, baseline }: RunPair,
): RepresentativeRun {
  const shown = (glucose: number): number => round(Math.max(SHOWN_FLOOR, glucose), 1);
  return {
    patient,
    run,
    startMin,
    stepMin: SERIES_STEP_MIN,
    glucose: attacked.body.glucose.map(shown),
    baselineGlucose: baseline.body.glucose.map(shown),
    commanded: attacked.body.commanded.map((units) => round(units, 3)),
    delivered: attacked.body.delivered.map((units) => round(units, 3)),
    baselineDelivered: baseline.body.delivered.map((units) => round(units, 3)),
    marks: marksOf({ attacked, baseline }, startMin),
  };
}

/** What happened, on four lanes, each in order of time. Minutes count from midnight; the run began at `startMin`. */
export function marksOf({ attacked, baseline }: RunPair, startMin: Minutes): readonly TimelineMark[] {
  const first = firstTrueFinding(attacked, baseline);
  const findings = attacked.platform.findings
    .filter((finding) => first !== undefined && finding.at >= first.at)
    .map((finding) => ({
      atMin: (finding.at - attacked.startedAt) / MINUTE,
      what: `${finding.rule}: ${explain(finding, { reported: true })}`,
    }));
  const marks = [
    ...joined('attack', attacked.adversary.acts),
    ...joined('detection', findings),
    ...joined(
      'containment',
      attacked.platform.incidents.map(({ atMin, what }) => ({ atMin, what: `incident: ${what}` })),
    ),
    ...joined('containment', attacked.platform.responses),
    ...harmMarks(attacked),
  ];
  return marks.slice(0, MOST_MARKS).map((mark) => ({
    ...mark,
    atMin: round(mark.atMin + startMin, 1),
    untilMin: mark.untilMin === null ? null : round(mark.untilMin + startMin, 1),
  }));
}

/** Repetitions of the same thing become an interval. */
function joined(
  lane: TimelineMark['lane'],
  entries: readonly { readonly atMin: number; readonly what: string }[],
): readonly TimelineMark[] {
  const marks: { lane: TimelineMark['lane']; atMin: number; untilMin: number | null; text: string; key: string }[] = [];
  for (const { atMin, what } of entries) {
    const key = what.replaceAll(/[\d.]+/g, '#');
    const last = marks.findLast((mark) => mark.key === key);
    if (last !== undefined && atMin - (last.untilMin ?? last.atMin) <= JOIN_WITHIN_MIN) last.untilMin = round(atMin, 1);
    else marks.push({ lane, atMin: round(atMin, 1), untilMin: null, text: what, key });
  }
  return marks.map(({ key: _, ...mark }) => mark);
}

/** Stretches in which glucose was where the consensus asks for immediate action. */
function harmMarks({ body }: RunPair['attacked']): readonly TimelineMark[] {
  const marks: TimelineMark[] = [];
  const states = body.glucose.map((glucose) =>
    glucose < 54 ? 'below 54 mg/dL' : glucose > 250 ? 'above 250 mg/dL' : '',
  );
  let from = 0;
  for (let step = 1; step <= states.length; step += 1) {
    if (states[step] === states[from]) continue;
    const text = states[from]!;
    if (text !== '') {
      marks.push({ lane: 'harm', atMin: from * SERIES_STEP_MIN, untilMin: step * SERIES_STEP_MIN, text });
    }
    from = step;
  }
  return marks;
}

const round = (value: number, decimals: number): number => Math.round(value * 10 ** decimals) / 10 ** decimals;
