import type { Random } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import { createBreton2008 } from '#model/physiology/glucose-sensor/breton-2008';
import type { SensorError } from '#model/physiology/glucose-sensor/sensor-error';
import { createVettoretti2019 } from '#model/physiology/glucose-sensor/vettoretti-2019';
import type { VirtualPatient } from '#model/physiology/patient-model';
import type { PlannedMeal } from '#simulate/world/inhabitant';
import { appetiteFor, createDayPlan } from '#simulate/world/person/day-plan';
import { createInsulinSensitivity } from '#simulate/world/person/insulin-sensitivity';
import type { Ward } from './scenario.ts';

/** What befalls a person over a run, whatever attacks or defends: settled before it begins. */
export interface Life {
  readonly meals: readonly PlannedMeal[];
  readonly sensitivityAt: (minuteOfRun: Minutes) => number;
  readonly sensor: (glucose: MgPerDl, minuteOfRun: Minutes) => MgPerDl;
}

const DAY_MIN: Minutes = 1_440;
/** Sensors are a day old when a run begins, past the worst of their drift. */
const SENSOR_AGE_DAYS = 1;

export function settleLife(
  ward: Ward,
  patient: VirtualPatient,
  random: Random,
  midnight: Millis,
  horizonMin: Minutes,
): Life {
  const { life, startMinute } = ward;
  const plan = createDayPlan(random.fork('days'), {
    days: Math.ceil((startMinute + horizonMin) / DAY_MIN),
    appetite: appetiteFor(patient.bodyWeight),
    countingError: life.countingErrorCv,
    unannounced: life.unannounced,
    habits: life.meals.map((meal, index) => ({
      name: `meal-${index + 1}`,
      probability: 1,
      hour: meal.atMinute / 60,
      hourSpread: meal.timeSdMin / 60,
      carbs: meal.carbohydratesG,
      carbsSpread: meal.carbohydratesG * meal.sizeCv,
    })),
  });
  const sensitivity = createInsulinSensitivity(random.fork('sensitivity'), plan.activities, {
    dayToDay: life.sensitivityCv,
  });
  const sensor = createSensor(ward, random.fork('sensor'));
  return {
    meals: plan.meals
      .filter(({ atMin }) => atMin >= startMinute && atMin < startMinute + horizonMin)
      .map(({ atMin, carbs, announcement }) => ({
        at: midnight + atMin * MINUTE,
        carbohydrates: carbs,
        counted: announcement.kind === 'announced' ? announcement.carbs : undefined,
      })),
    sensitivityAt: (minute) => sensitivity(startMinute + minute),
    sensor: (glucose, minute) => sensor?.read(glucose, minute, SENSOR_AGE_DAYS + minute / DAY_MIN) ?? glucose,
  };
}

function createSensor({ sensor }: Ward, random: Random): SensorError | undefined {
  switch (sensor) {
    case 'exact':
      return undefined;
    case 'breton-2008':
      return createBreton2008(random);
    case 'vettoretti-2019':
      return createVettoretti2019(random);
  }
}
