import { Fault } from '#base/fault';
import type { Grams, Minutes } from '#base/units';
import type { Twin } from '#mirror/twin/twin';
import type { ParameterValues } from '#simulate/attack/technique';
import { parameterFaults } from '#simulate/attack/technique-parameters';
import { TECHNIQUES } from '#simulate/attack/technique-table';
import type { ExerciseDefinition } from '#simulate/exercise/exercise-definition';
import type { DefenceSet, Ward } from '#simulate/exercise/scenario';

/** What is played on forks of a twin. */
export interface ForkRequest {
  readonly twin: Twin;
  /** Absent: nobody attacks. */
  readonly attack?: ForkAttack;
  /** Meals to come: none is known, and a technique that waits for a bolus waits in vain without one. */
  readonly meals?: readonly ForkMeal[];
  /** Each is played on its own. */
  readonly defences: readonly DefenceSet[];
  readonly horizonMin: Minutes;
  /** Lives that are drawn; the same number is the same life, attacked or not, defended or not. */
  readonly seeds: number;
  /** Links, uplink and how the person reacts; the patient, the meals and the pump's filling are not taken from it. */
  readonly ward: Ward;
  /** What devices may say, and how the platform judges. */
  readonly laboratory: ForkLaboratory;
}

export interface ForkAttack {
  /** Id of a technique. */
  readonly technique: string;
  readonly parameters?: ParameterValues;
  /** From the twin's estimate on; at once if not stated. */
  readonly startMin?: Minutes;
  readonly durationMin?: Minutes;
}

export interface ForkMeal {
  readonly inMin: Minutes;
  readonly grams: Grams;
  /** As told to the handset; the true amount if not stated, 0 for a meal that nobody announces. */
  readonly counted?: Grams;
}

export type ForkLaboratory = Pick<
  ExerciseDefinition,
  'thingModels' | 'guardPolicies' | 'incidentPolicy' | 'playbooks' | 'severityCriteria'
>;

export const LONGEST_FORK_MIN: Minutes = 24 * 60;
export const MOST_SEEDS = 64;
export const MOST_MEALS = 16;
const LARGEST_MEAL: Grams = 300;
/** Runs of a simulated ward, each up to a day and some 50 ms of processor time. */
export const MOST_RUNS = 300;

/** How many wards a request runs: with and without the adversary for each defence set, and undefended for the harm clock. */
function runsOf({ attack, defences, seeds }: ForkRequest): number {
  return seeds * (attack === undefined ? defences.length : 2 * defences.length + 1);
}

/**
 * @throws Fault `fork.bad-horizon`, `fork.bad-seeds`, `fork.no-defences`, `fork.too-many-runs`, `fork.bad-meal`,
 * `fork.unknown-technique`, `fork.bad-parameter`, `fork.bad-start`
 */
export function checkForkRequest(request: ForkRequest): void {
  const { horizonMin, seeds, defences, meals = [], attack } = request;
  if (!(Number.isInteger(horizonMin) && horizonMin >= 5 && horizonMin <= LONGEST_FORK_MIN)) {
    throw fault('bad-horizon', `horizon \`${horizonMin}\` min: state whole minutes, 5 to ${LONGEST_FORK_MIN}`);
  }
  if (!(Number.isInteger(seeds) && seeds >= 1 && seeds <= MOST_SEEDS)) {
    throw fault('bad-seeds', `\`${seeds}\` seeds: state 1 to ${MOST_SEEDS}`);
  }
  if (defences.length === 0) throw fault('no-defences', 'no defence set: state at least one, `none` among them');
  const runs = runsOf(request);
  if (runs > MOST_RUNS) {
    throw fault('too-many-runs', `\`${runs}\` runs, at most ${MOST_RUNS}: state fewer seeds or defence sets`);
  }
  const isBad = ({ inMin, grams, counted = grams }: ForkMeal): boolean =>
    !(
      inMin >= 0 &&
      inMin <= horizonMin &&
      grams >= 0 &&
      grams <= LARGEST_MEAL &&
      counted >= 0 &&
      counted <= LARGEST_MEAL
    );
  if (meals.length > MOST_MEALS || meals.some(isBad)) {
    throw fault('bad-meal', `at most ${MOST_MEALS} meals within the horizon, of at most ${LARGEST_MEAL} g each`);
  }
  if (attack !== undefined) checkAttack(attack, horizonMin);
}

function checkAttack(
  { technique: id, parameters = {}, startMin = 0, durationMin = 0 }: ForkAttack,
  horizonMin: Minutes,
): void {
  const technique = TECHNIQUES.get(id);
  if (technique === undefined) {
    throw fault('unknown-technique', `no technique \`${id}\`: \`npx wardtwin scenarios\` lists what uses one`);
  }
  const faults = parameterFaults(technique, parameters);
  if (faults.length > 0) throw fault('bad-parameter', faults.map(({ message }) => message).join('; '));
  if (!(startMin >= 0 && startMin < horizonMin && durationMin >= 0 && Number.isFinite(durationMin))) {
    throw fault('bad-start', `an attack cannot begin at \`${startMin}\` min: state a time before the horizon`);
  }
}

const fault = (code: string, message: string): Fault => new Fault(`fork.${code}`, `fork: ${message}`);
