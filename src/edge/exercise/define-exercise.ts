import { existsSync } from 'node:fs';
import { Fault } from '#base/fault';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import {
  type Laboratory,
  loadGuardPolicy,
  loadIncidentPolicy,
  loadPlaybooks,
  loadThingModels,
} from '#edge/catalog/laboratory';
import { nearestWord } from '#edge/catalog/nearest-word';
import { loadSeverityCriteria } from '#edge/catalog/severity-policy';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { DefenceSet, Scenario, Suite, Ward, WardOverrides } from '#simulate/exercise/scenario';
import { version } from './version.ts';

/** What a person asks for on the command line. */
export interface ExerciseWish {
  /** Id of a scenario or suite, or path of a scenario file; the catalog's main suite if not stated. */
  readonly what?: string;
  readonly patients?: readonly string[];
  readonly defences?: readonly string[];
  readonly runs?: number;
  readonly seed?: number;
  /** Path of a ward file, in which the scenarios then take place. */
  readonly ward?: string;
}

export const DEFAULT_SUITE = 'closed-loop-insulin';
const MOST_RUNS = 100_000;
const MOST_PATIENTS = 1_000;

/** Resolves a wish against the catalog. @throws Fault or CatalogFault that says what would be right */
export function defineExercise(laboratory: Laboratory, wish: ExerciseWish): ExerciseDefinition {
  const subject = subjectOf(laboratory, wish.what ?? DEFAULT_SUITE);
  const ownWard = wish.ward === undefined ? undefined : laboratory.readWard(wish.ward);
  const wards: Record<string, Ward> = {};
  const scenarios = subject.scenarios
    .map((scenario) => placeInWard(laboratory, scenario, ownWard, wards))
    .map((scenario) => (ownWard === undefined ? scenario : withinRun(scenario, wards[scenario.ward]!)))
    .map((scenario) => withPatients(scenario, wish.patients));
  const patients = wish.patients ?? subject.suite.patients;
  if (patients.length > MOST_PATIENTS) {
    throw new Fault('exercise.too-many', `--patients: \`${patients.length}\` patients, at most ${MOST_PATIENTS}`);
  }
  for (const patient of patients) laboratory.patientOf(patient);
  return {
    version,
    seed: wish.seed ?? subject.suite.seed,
    suite: subject.id,
    title: subject.title,
    command: commandOf(wish),
    scenarios,
    wards,
    defenceSets: (wish.defences ?? subject.suite.defenceSets).map((id) => defenceSetOf(laboratory, id)),
    patients,
    looks: wish.runs === undefined ? subject.suite.looks : looksUpTo(wish.runs),
    confidence: subject.suite.confidence,
    ...(wish.runs === undefined && subject.suite.errorShares !== undefined
      ? { errorShares: subject.suite.errorShares }
      : {}),
    severityCriteria: loadSeverityCriteria(catalogRoot),
    incidentPolicy: loadIncidentPolicy(),
    playbooks: loadPlaybooks(),
    thingModels: loadThingModels(),
    guardPolicies: { standard: loadGuardPolicy('standard'), open: loadGuardPolicy('open') },
  };
}

/** A scenario was checked against the ward it names: in another one its adversary may come before or after the run. */
function withinRun(scenario: Scenario, { startMinute }: Ward): Scenario {
  const end = startMinute + scenario.horizonMin;
  for (const { id, start } of scenario.campaign.steps) {
    if (start.kind !== 'at' || (start.minute >= startMinute && start.minute < end)) continue;
    throw new Fault(
      'exercise.outside-run',
      `--ward: step \`${id}\` of scenario \`${scenario.id}\` begins at minute \`${start.minute}\`, outside the run, which in this ward lasts from minute ${startMinute} to ${end}`,
      { scenario: scenario.id, step: id },
    );
  }
  return scenario;
}

/** The person at the command line has the last word on who is exercised. */
function withPatients(scenario: Scenario, wished: readonly string[] | undefined): Scenario {
  return wished === undefined || scenario.patients === undefined ? scenario : { ...scenario, patients: wished };
}

interface Subject {
  readonly id: string;
  readonly title: string;
  readonly suite: Suite;
  readonly scenarios: readonly Scenario[];
}

function subjectOf(laboratory: Laboratory, what: string): Subject {
  const suite = laboratory.suites.get(what);
  if (suite !== undefined) {
    const ids = suite.scenarios === 'all' ? [...laboratory.scenarios.keys()] : suite.scenarios;
    return { id: suite.id, title: suite.title, suite, scenarios: ids.map((id) => laboratory.scenarios.get(id)!) };
  }
  const scenario = laboratory.scenarios.get(what) ?? (looksLikePath(what) ? readOwn(laboratory, what) : undefined);
  if (scenario === undefined) throw unknownSubject(laboratory, what);
  // A scenario by itself is exercised the way the main suite would.
  const { [DEFAULT_SUITE]: main } = Object.fromEntries(laboratory.suites);
  const defenceSets = Object.keys(scenario.criteria);
  return {
    id: scenario.id,
    title: scenario.title,
    suite: {
      ...main!,
      defenceSets: main!.defenceSets
        .filter((id) => defenceSets.includes(id))
        .concat(defenceSets.filter((id) => !main!.defenceSets.includes(id))),
    },
    scenarios: [scenario],
  };
}

const looksLikePath = (what: string): boolean => /[/\\]|\.(ya?ml|json)$/.test(what);

function readOwn(laboratory: Laboratory, path: string): Scenario {
  if (!existsSync(path)) throw new Fault('exercise.no-file', `validate: no file \`${path}\``, { path });
  return laboratory.readScenario(path);
}

function unknownSubject(laboratory: Laboratory, what: string): Fault {
  const ids = [...laboratory.suites.keys(), ...laboratory.scenarios.keys()];
  const near = nearestWord(what, ids);
  const hint = near === undefined ? ';' : `; did you mean \`${near}\`?`;
  return new Fault(
    'exercise.unknown',
    `validate: no suite or scenario \`${what}\`${hint} \`npx wardtwin scenarios\` lists them; a file is given by its path`,
    { what },
  );
}

function defenceSetOf(laboratory: Laboratory, id: string): DefenceSet {
  const set = laboratory.defenceSets.get(id);
  if (set !== undefined) return set;
  const ids = [...laboratory.defenceSets.keys()];
  throw new Fault('exercise.unknown-defences', `--defences: no set \`${id}\`; there are ${ids.join(', ')}`, { id });
}

/** The ward of a scenario with its overrides applied, under a name of its own where there are some. */
function placeInWard(
  laboratory: Laboratory,
  scenario: Scenario,
  own: Ward | undefined,
  wards: Record<string, Ward>,
): Scenario {
  const base = own ?? laboratory.wards.get(scenario.ward)!;
  wards[base.id] = base;
  if (scenario.wardOverrides === undefined) return { ...scenario, ward: base.id };
  const name = `${base.id} ${JSON.stringify(scenario.wardOverrides)}`;
  wards[name] = overridden(base, scenario.wardOverrides);
  return { ...scenario, ward: name };
}

function overridden(ward: Ward, overrides: WardOverrides): Ward {
  const merged: Record<string, unknown> = { ...ward };
  for (const [part, change] of Object.entries(overrides)) {
    const whole = merged[part];
    merged[part] = isObject(whole) && isObject(change) ? { ...whole, ...change } : change;
  }
  return merged as unknown as Ward;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Half of the runs, then all: one chance to stop early. */
function looksUpTo(runs: number): readonly number[] {
  if (!Number.isInteger(runs) || runs < 1 || runs > MOST_RUNS) {
    throw new Fault('exercise.runs', `--runs: \`${runs}\` has to be a whole number from 1 to ${MOST_RUNS}`);
  }
  return runs < 20 ? [runs] : [Math.ceil(runs / 2), runs];
}

function commandOf({ what, patients, defences, runs, seed, ward }: ExerciseWish): string {
  const words = ['npx wardtwin validate'];
  if (what !== undefined) words.push(quoted(what));
  if (patients !== undefined) words.push('--patients', quoted(patients.join(',')));
  if (defences !== undefined) words.push('--defences', quoted(defences.join(',')));
  if (ward !== undefined) words.push('--ward', quoted(ward));
  if (runs !== undefined) words.push('--runs', String(runs));
  if (seed !== undefined) words.push('--seed', String(seed));
  return words.join(' ');
}

const quoted = (word: string): string => (/^[\w./,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
