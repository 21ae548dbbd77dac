import { TECHNIQUES } from '#simulate/attack/technique-table';
import { representative } from './cell.ts';
import type { Cell } from './exercise.ts';
import type { ExerciseDefinition } from './exercise-definition.ts';
import {
  combineVerdicts,
  type ExerciseReport,
  type PairedMean,
  type RepresentativeRun,
  type ScenarioResult,
  type Verdict,
} from './exercise-report.ts';
import type { DefenceSet, DeviceDefences, Scenario } from './scenario.ts';
import { glucoseBand } from './statistics/band.ts';
import { delayHistogram, distribution } from './statistics/distribution.ts';
import { proportion } from './statistics/proportion.ts';
import { confidenceOfLook } from './statistics/sequential-plan.ts';
import { tallyMean, tallySum } from './statistics/tally.ts';

/** Turns the totals of all cells that have runs into the one value that every rendering takes. */
export function buildReport(definition: ExerciseDefinition, cells: readonly Cell[], complete: boolean): ExerciseReport {
  const scenarios = cells.flatMap((cell) => {
    const shown = representative(cell.totals);
    return shown === undefined ? [] : [resultOf(definition, cell, shown)];
  });
  return {
    version: definition.version,
    seed: definition.seed,
    suite: definition.suite,
    title: definition.title,
    command: definition.command,
    options: {
      patients: definition.patients,
      maximumRuns: definition.looks.at(-1)!,
      confidence: definition.confidence,
    },
    complete,
    verdict: verdictOf(scenarios, complete),
    defenceSets: definition.defenceSets.map((set) => ({
      id: set.id,
      title: set.title,
      defences: defencesOf(set),
    })),
    scenarios,
  };
}

/** What was not exercised to its end is not accepted, whatever the part that was made says. */
function verdictOf(scenarios: readonly ScenarioResult[], complete: boolean): Verdict {
  const verdict = combineVerdicts(scenarios.map((result) => result.verdict));
  return verdict === 'accepted' && !complete ? 'undecided' : verdict;
}

function resultOf(definition: ExerciseDefinition, cell: Cell, shown: RepresentativeRun): ScenarioResult {
  const { scenario, totals } = cell;
  const confidence = confidenceOfLook(definition, cell.look);
  const share = (k: number, n = totals.runs) => proportion(k, n, confidence);
  const deviceDays = tallySum(totals.attackFree.deviceDays);
  return {
    id: scenario.id,
    title: scenario.title,
    source: sourceOf(scenario),
    techniques: techniquesOf(scenario),
    defences: cell.defenceSet.id,
    patients: scenario.patients ?? definition.patients,
    runs: totals.runs,
    stoppedEarly: cell.decided && totals.runs < definition.looks.at(-1)!,
    // Nothing was claimed, so nothing is accepted.
    verdict: cell.results.length === 0 ? 'undecided' : combineVerdicts(cell.results.map(({ outcome }) => outcome)),
    criteria: cell.results,
    prevented: share(totals.counts.prevented),
    detected: share(totals.counts.detected),
    contained: share(totals.contained.k, totals.contained.n),
    recovered: share(totals.recovered.k, totals.recovered.n),
    harmed: share(totals.counts.harmed),
    detectionDelayMin: distribution(totals.detectionDelay),
    detectionDelayHistogram: delayHistogram(totals.detectionDelay),
    leadOverHarmMin: distribution(totals.leadOverHarm),
    detectedBy: ranked(totals.detectedBy).map(([rule, runs]) => ({ rule, runs })),
    harm: {
      severity: totals.severity,
      tbr54Percent: pairedMean(totals.paired.tbr54),
      tbr70Percent: pairedMean(totals.paired.tbr70),
      tar250Percent: pairedMean(totals.paired.tar250),
      hypoRuns: totals.hypoRuns,
      below40Runs: totals.below40Runs,
    },
    attackFree: {
      runs: totals.attackFree.runs,
      deviceDays,
      falseFindings: sum(totals.attackFree.findings),
      falseFindingsByRule: ranked(totals.attackFree.findings).map(([rule, findings]) => ({ rule, findings })),
    },
    falseFindingsPerDeviceDay: deviceDays === 0 ? null : round(sum(totals.attackFree.findings) / deviceDays, 4),
    therapyLost: {
      insulinUnitsPerDay: tallyMean(totals.therapyLost.insulin),
      minutesPerDay: tallyMean(totals.therapyLost.minutes),
      addedTbr70Percent: tallyMean(totals.therapyLost.addedTbr70),
      addedTar180Percent: tallyMean(totals.therapyLost.addedTar180),
    },
    bands: { attacked: glucoseBand(totals.bands.attacked), baseline: glucoseBand(totals.bands.baseline) },
    representative: shown,
    replayCommand: replayCommand(definition, cell, shown),
  };
}

/** The line that repeats one run of a cell and prints its timeline. */
function replayCommand(definition: ExerciseDefinition, cell: Cell, { patient, run }: RepresentativeRun): string {
  const { scenario, defenceSet } = cell;
  return `npx wardtwin replay --scenario ${scenario.id} --patient '${patient}' --seed ${definition.seed} --run ${run} --defences ${defenceSet.id}`;
}

const sourceOf = (scenario: Scenario): string =>
  scenario.standsFor.map(({ text, cve }) => (cve === undefined ? text : `${text} (${cve.join(', ')})`)).join('; ');

function techniquesOf(scenario: Scenario): ScenarioResult['techniques'] {
  const ids = [...new Set(scenario.campaign.steps.map(({ technique }) => technique))];
  return ids.map((id) => {
    const technique = TECHNIQUES.get(id)!;
    return {
      id,
      title: technique.title,
      attackIcs: technique.attackIcs,
      emb3d: technique.emb3d,
    };
  });
}

const DEVICE_DEFENCES: readonly (readonly [keyof DeviceDefences, string])[] = [
  ['linkAuthentication', 'link authentication'],
  ['antiReplay', 'anti-replay'],
  ['hourlyInsulinLimit', 'insulin limit per hour'],
  ['confirmRemoteBolus', 'confirmation of large boluses at the pump'],
  ['firmwareSignature', 'firmware signature'],
  ['lowGlucoseSuspend', 'low-glucose suspend in the pump'],
  ['deviceSignedTelemetry', 'telemetry sealed by the devices'],
];

/** What is switched on, in words. */
function defencesOf({ device, platform }: DefenceSet): readonly string[] {
  const names = DEVICE_DEFENCES.flatMap(([name, words]) => (device[name] ? [words] : []));
  if (platform.monitor === 'all') names.push('monitor: all rules');
  else for (const rule of platform.monitor) names.push(`monitor: ${rule}`);
  if (platform.guard === 'standard') names.push('guard');
  if (platform.containment) names.push('containment');
  return names;
}

function pairedMean(pair: Cell['totals']['paired']['tbr54']): PairedMean {
  return {
    attacked: tallyMean(pair.attacked),
    baseline: tallyMean(pair.baseline),
    difference: tallyMean(pair.difference),
    largestDifference: round(pair.difference.max, 3),
  };
}

/** Most frequent first; equals by name, so that the order never depends on the order of runs. */
function ranked(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...counts].sort(([left, a], [right, b]) => b - a || (left < right ? -1 : 1));
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((total, value) => total + value, 0);

const round = (value: number, decimals: number): number => Math.round(value * 10 ** decimals) / 10 ** decimals;
