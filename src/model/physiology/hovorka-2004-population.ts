import { assert } from '#base/assert';
import type { Random } from '#base/random';
import type { Grams, MgPerDl, Minutes, Units, UnitsPerHour } from '#base/units';
import {
  createHovorka2004Plant,
  type Hovorka2004Parameters,
  type Hovorka2004SteadyState,
  hovorka2004SteadyState,
} from './hovorka-2004.ts';
import { drawParameter, type ParameterDistribution } from './parameter-distribution.ts';
import type { GramsPerUnit, MgPerDlPerUnit, VirtualPatient } from './patient-model.ts';

export type Hovorka2004Distributions = { readonly [name in keyof Hovorka2004Parameters]: ParameterDistribution };

/** Bounds a person's therapy has to lie in; a draw that needs another therapy is no person and is drawn again. */
export interface TherapyBounds {
  readonly basalRate: readonly [UnitsPerHour, UnitsPerHour];
  readonly carbRatio: readonly [GramsPerUnit, GramsPerUnit];
  readonly correctionFactor: readonly [MgPerDlPerUnit, MgPerDlPerUnit];
}

export interface Hovorka2004PopulationDefinition {
  readonly fastingGlucose: MgPerDl;
  readonly distributions: Hovorka2004Distributions;
  readonly therapy: TherapyBounds;
}

/** How therapy is found on the model itself; see `tuneTherapy`. */
const TEST_MEAL: Grams = 50;
const TEST_MEAL_DURATION: Minutes = 10;
const MEAL_HORIZON: Minutes = 360;
const TEST_BOLUS: Units = 0.1;
const BOLUS_HORIZON: Minutes = 480;
const DAILY_CARBOHYDRATES: Grams = 195;
const TUNING_STEP: Minutes = 1;
const MAX_BOLUS: Units = 50;
const BISECTIONS = 24;
const MAX_PERSONS_DRAWN = 1_000;

/** The person numbered `index`: the same one for the same definition and `random`, whoever else is drawn. */
export function drawHovorka2004Patient(
  definition: Hovorka2004PopulationDefinition,
  random: Random,
  index: number,
): VirtualPatient {
  const id = `hovorka#${index}`;
  const stream = random.fork(id);
  for (let count = 0; count < MAX_PERSONS_DRAWN; count += 1) {
    const parameters = drawParameters(definition.distributions, stream);
    const rest = hovorka2004SteadyState(parameters, definition.fastingGlucose);
    if (rest === undefined || !within(rest.basalRate, definition.therapy.basalRate)) continue;
    const therapy = tuneTherapy(parameters, rest);
    if (!within(therapy.carbRatio, definition.therapy.carbRatio)) continue;
    if (!within(therapy.correctionFactor, definition.therapy.correctionFactor)) continue;
    return {
      id,
      model: 'hovorka-2004',
      bodyWeight: parameters.BW,
      basalRate: rest.basalRate,
      ...therapy,
      totalDailyInsulin: 24 * rest.basalRate + DAILY_CARBOHYDRATES / therapy.carbRatio,
      createPlant: ({ stepMin }) => createHovorka2004Plant(parameters, rest.state, stepMin),
    };
  }
  assert(false, `a person within the therapy bounds is among \`${MAX_PERSONS_DRAWN}\` draws`);
}

function drawParameters(distributions: Hovorka2004Distributions, random: Random): Hovorka2004Parameters {
  const drawn = Object.entries(distributions).map(([name, distribution]) => [
    name,
    drawParameter(random, distribution),
  ]);
  return Object.fromEntries(drawn) as Hovorka2004Parameters;
}

/**
 * The carbohydrate ratio is that of the bolus which, given with 50 g eaten over 10 min, brings glucose back to its fasting
 * value after 6 h. The correction factor is the deepest fall a bolus of 0.1 U brings within 8 h, per unit: the slope at the
 * fasting state, which stays clear of the model's behaviour in hypoglycaemia. Both are what a person would find by trying.
 */
function tuneTherapy(
  parameters: Hovorka2004Parameters,
  rest: Hovorka2004SteadyState,
): Pick<VirtualPatient, 'carbRatio' | 'correctionFactor'> {
  const basal = rest.basalRate / 60;
  const fasting = createHovorka2004Plant(parameters, rest.state, TUNING_STEP).plasmaGlucose;

  const glucoseAfterMeal = (bolus: Units): MgPerDl => {
    const plant = createHovorka2004Plant(parameters, rest.state, TUNING_STEP);
    for (let minute = 0; minute < MEAL_HORIZON; minute += 1) {
      const carbohydrates = minute < TEST_MEAL_DURATION ? TEST_MEAL / TEST_MEAL_DURATION : 0;
      plant.advance({ insulin: basal + (minute === 0 ? bolus : 0), carbohydrates, insulinSensitivity: 1 });
    }
    return plant.plasmaGlucose;
  };
  let low: Units = 0;
  let high: Units = MAX_BOLUS;
  for (let count = 0; count < BISECTIONS; count += 1) {
    const middle = (low + high) / 2;
    if (glucoseAfterMeal(middle) > fasting) low = middle;
    else high = middle;
  }

  const plant = createHovorka2004Plant(parameters, rest.state, TUNING_STEP);
  let lowest = fasting;
  for (let minute = 0; minute < BOLUS_HORIZON; minute += 1) {
    plant.advance({ insulin: basal + (minute === 0 ? TEST_BOLUS : 0), carbohydrates: 0, insulinSensitivity: 1 });
    lowest = Math.min(lowest, plant.plasmaGlucose);
  }
  return { carbRatio: TEST_MEAL / high, correctionFactor: (fasting - lowest) / TEST_BOLUS };
}

const within = (value: number, [low, high]: readonly [number, number]): boolean => value >= low && value <= high;
