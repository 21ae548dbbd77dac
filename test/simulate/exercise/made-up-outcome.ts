import type { Finding } from '#assure/monitor/finding';
import { MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import type { Severity } from '#model/hazard/severity';
import { type InfluenceSpan, type RunOutcome, SERIES_STEP_MIN } from '#simulate/exercise/run-outcome';

export const STARTED_AT: Millis = Date.UTC(2026, 0, 5, 22);
export const HORIZON_MIN: Minutes = 240;
const STEPS = HORIZON_MIN / SERIES_STEP_MIN;

/** What differs from a run in which nothing happened: glucose 120 mg/dL, 0.1 U a step, no adversary, no finding. */
export interface MadeUp {
  readonly glucose?: (minute: Minutes) => number;
  readonly delivered?: (minute: Minutes) => number;
  readonly severity?: Severity;
  readonly firstHazardMin?: Minutes;
  readonly firstActMin?: Minutes;
  /** Minutes from and to which the adversary influenced therapy, in every step. */
  readonly therapy?: readonly [Minutes, Minutes];
  readonly findings?: readonly { readonly atMin: Minutes; readonly rule?: string; readonly thing?: string }[];
  readonly responses?: readonly { readonly atMin: Minutes; readonly touchesTherapy: boolean }[];
  readonly viewLostMin?: Minutes;
  readonly historyForged?: boolean;
}

export function outcome(run: MadeUp = {}): RunOutcome {
  const { glucose = () => 120, delivered = () => 0.1, therapy } = run;
  const series = (of: (minute: Minutes) => number): number[] =>
    Array.from({ length: STEPS }, (_, step) => of(step * SERIES_STEP_MIN));
  return {
    startedAt: STARTED_AT,
    horizonMin: HORIZON_MIN,
    body: {
      glucose: series(glucose),
      commanded: series(() => 0.1),
      delivered: series(delivered),
      safeBasal: 0.1,
      tbr54: 0,
      tbr70: 0,
      tar180: 0,
      tar250: 0,
      below40: false,
      severity: run.severity ?? 'negligible',
      firstHazardMin: run.firstHazardMin,
    },
    adversary: {
      acts: run.firstActMin === undefined ? [] : [{ atMin: run.firstActMin, what: 'act' }],
      firstActMin: run.firstActMin,
      therapy: spanOf(therapy),
      view: spanOf(undefined),
    },
    platform: {
      findings: (run.findings ?? []).map(findingAt),
      findingsDropped: 0,
      messages: 0,
      responses: (run.responses ?? []).map((response) => ({ ...response, what: 'response' })),
      incidents: [],
      viewLostMin: run.viewLostMin ?? 0,
      historyForged: run.historyForged ?? false,
    },
  };
}

function spanOf(span: readonly [Minutes, Minutes] | undefined): InfluenceSpan {
  if (span === undefined) return { count: 0, firstMin: undefined, lastMin: undefined, firstWhat: undefined, steps: [] };
  const [firstMin, lastMin] = span;
  const from = Math.floor(firstMin / SERIES_STEP_MIN);
  const to = Math.floor(lastMin / SERIES_STEP_MIN);
  const steps = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return { count: steps.length, firstMin, lastMin, firstWhat: 'made up', steps };
}

const findingAt = (made: { readonly atMin: Minutes; readonly rule?: string; readonly thing?: string }): Finding => ({
  kind: 'Finding',
  rule: made.rule ?? 'insulin-reconciliation',
  thing: made.thing ?? 'pump',
  at: STARTED_AT + made.atMin * MINUTE,
  confidence: 'probable',
  statement: 'made up',
  values: {},
});
