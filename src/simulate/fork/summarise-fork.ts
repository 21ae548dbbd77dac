import { MINUTE } from '#base/time';
import type { Severity } from '#model/hazard/severity';
import type { RunVerdict } from '#simulate/exercise/judge';
import type { RunOutcome } from '#simulate/exercise/run-outcome';
import type { AttackedFork, ForkCourse, ForkFinding, ForkResponse } from './fork-outcome.ts';

const TAIL = 0.05;

/** INVARIANT: at least one run, all of one horizon. */
export function courseOf(runs: readonly RunOutcome[]): ForkCourse {
  const steps = runs[0]!.body.glucose.length;
  const at = <T>(of: (values: readonly number[]) => T, series: 'glucose' | 'delivered'): readonly T[] =>
    Array.from({ length: steps }, (_, step) => of(runs.map(({ body }) => body[series][step]!)));
  const delivered = at(mean, 'delivered');
  const severities: Partial<Record<Severity, number>> = {};
  for (const { body } of runs) severities[body.severity] = (severities[body.severity] ?? 0) + 1;
  return {
    glucose: {
      mean: at(mean, 'glucose'),
      low: at((values) => quantile(values, TAIL), 'glucose'),
      high: at((values) => quantile(values, 1 - TAIL), 'glucose'),
    },
    delivered,
    totalDelivered: delivered.reduce((sum, units) => sum + units, 0),
    everBelow54: share(runs, ({ body }) => body.tbr54 > 0),
    everAbove250: share(runs, ({ body }) => body.tar250 > 0),
    severities,
    findings: findingsOf(runs),
    responses: responsesOf(runs),
  };
}

export function attackedOf(runs: readonly RunOutcome[], verdicts: readonly RunVerdict[]): AttackedFork {
  const firstActs = runs.flatMap(({ adversary }) => adversary.firstActMin ?? []);
  const delays = verdicts.flatMap(({ detectionDelayMin }) => detectionDelayMin ?? []);
  const count = (holds: (verdict: RunVerdict) => boolean): number => verdicts.filter(holds).length;
  return {
    ...courseOf(runs),
    acted: firstActs.length,
    ...(firstActs.length === 0 ? {} : { firstActMin: quantile(firstActs, 0.5) }),
    prevented: count(({ prevented }) => prevented),
    harmed: count(({ harmed }) => harmed),
    detected: count(({ detected }) => detected),
    ...(delays.length === 0 ? {} : { detectionDelayMin: quantile(delays, 0.5) }),
    contained: count(({ contained }) => contained === true),
  };
}

function findingsOf(runs: readonly RunOutcome[]): readonly ForkFinding[] {
  const firsts = firstsOf(
    runs.map(({ platform, startedAt }) =>
      platform.findings.map(({ rule, thing, at }) => ({ key: { rule, thing }, atMin: (at - startedAt) / MINUTE })),
    ),
  );
  return firsts.map(({ key, times }) => ({ ...key, runs: times.length, firstAtMin: quantile(times, 0.5) }));
}

function responsesOf(runs: readonly RunOutcome[]): readonly ForkResponse[] {
  const firsts = firstsOf(
    runs.map(({ platform }) =>
      platform.responses.map(({ what, touchesTherapy, atMin }) => ({ key: { what, touchesTherapy }, atMin })),
    ),
  );
  return firsts.map(({ key, times }) => ({ ...key, runs: times.length, firstAtMin: quantile(times, 0.5) }));
}

/** For each thing that happened the first time in each run in which it did; what happened in most runs first. */
function firstsOf<Key>(
  runs: readonly (readonly { readonly key: Key; readonly atMin: number }[])[],
): readonly { readonly key: Key; readonly times: readonly number[] }[] {
  const found = new Map<string, { readonly key: Key; readonly times: number[] }>();
  for (const events of runs) {
    const seen = new Set<string>();
    for (const { key, atMin } of events) {
      const name = JSON.stringify(key);
      if (seen.has(name)) continue;
      seen.add(name);
      const known = found.get(name) ?? { key, times: [] };
      known.times.push(atMin);
      found.set(name, known);
    }
  }
  return [...found.values()].sort((a, b) => b.times.length - a.times.length);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const share = (runs: readonly RunOutcome[], holds: (run: RunOutcome) => boolean): number =>
  runs.filter(holds).length / runs.length;

/** Linear between the order statistics. */
function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = at * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
