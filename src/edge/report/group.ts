import type { ExerciseReport, Proportion, ScenarioResult } from '#simulate/exercise/exercise-report';

/** A scenario with its results, one for each defence set it was exercised with. */
export interface ScenarioGroup {
  readonly id: string;
  readonly title: string;
  readonly results: readonly ScenarioResult[];
}

/** The results by scenario, in the order of the report. */
export function scenarioGroups(report: ExerciseReport): readonly ScenarioGroup[] {
  const groups = Map.groupBy(report.scenarios, (result) => result.id);
  return [...groups].map(([id, results]) => ({ id, title: results[0]!.title, results }));
}

/** The proportion that tells most of a result: that of the criterion which decided its verdict. */
export function keyOutcome(result: ScenarioResult): { readonly metric: string; readonly observed: Proportion } {
  const deciding = result.criteria.find((criterion) => criterion.outcome === result.verdict) ?? result.criteria[0];
  return deciding ?? { metric: 'harmed', observed: result.harmed };
}

/** The title of a defence set, or its id where the report does not describe it. */
export function defenceTitle(report: ExerciseReport, id: string): string {
  return report.defenceSets.find((set) => set.id === id)?.title ?? id;
}
