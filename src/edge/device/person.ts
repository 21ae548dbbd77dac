import { createRandom } from '#base/random';
import { DAY, MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { settleLife } from '#simulate/exercise/life';
import type { Ward } from '#simulate/exercise/scenario';
import { type Body, createBody } from '#simulate/world/body';
import { createInfluences, createOriginStack } from '#simulate/world/cause';
import type { EventQueue } from '#simulate/world/event-queue';
import { createInhabitant, type Hands, type Inhabitant } from '#simulate/world/inhabitant';
import { createRadio, type Radio } from '#simulate/world/radio';

/** A person, their body, and the air around them, on a queue that real time drives. */
export interface Person {
  readonly body: Body;
  readonly radio: Radio;
  readonly inhabitant: Inhabitant;
  /** What a glucose sensor reads now; drawn for this sensor, which a new one replaces. */
  sense(): MgPerDl;
  replaceSensor(): void;
  start(hands: Hands): void;
}

export interface PersonDeps {
  readonly queue: EventQueue;
  readonly ward: Ward;
  readonly patient: VirtualPatient;
  readonly seed: string;
}

/** Meals are planned for so long; a demonstration ends before. */
const LIFE_MIN: Minutes = 60 * 1_440;

/**
 * The person of a ward at home, as in the laboratory but for the hour: their day is the day of the clock. Nobody attacks here,
 * so nothing keeps account of causes.
 */
export function createPerson({ queue, ward, patient, seed }: PersonDeps): Person {
  const random = createRandom(`${seed}/${patient.id}`);
  const startedAt = queue.now();
  const midnight: Millis = startedAt - (startedAt % DAY);
  const today: Ward = { ...ward, startMinute: Math.floor((startedAt - midnight) / MINUTE) };
  const life = settleLife(today, patient, random, midnight, LIFE_MIN);
  const body = createBody(patient.createPlant({ stepMin: ward.plantStepMin }), life.sensitivityAt);
  const { loss, latencyMs, jitterMs } = ward.radio;
  const air = { loss, latency: latencyMs, jitter: jitterMs };
  const radio = createRadio(air, queue, random.fork('radio'), createOriginStack(), createInfluences());
  const inhabitant = createInhabitant({
    queue,
    random: random.fork('inhabitant'),
    body,
    reactions: ward.person,
    meals: life.meals,
    carbRatio: patient.carbRatio,
    correctionFactor: patient.correctionFactor,
    fobShare: ward.remote.enabled ? ward.remote.shareOfMealBoluses : 0,
    caregiverShare: 0,
    askCaregiver: () => {},
    onAsked: () => {},
  });
  let sensor = life.sensor;
  let sensorSince: Minutes = 0;
  let sensors = 1;

  const passMinute = (): void => {
    body.passMinute();
    queue.after(MINUTE, passMinute);
  };

  return {
    body,
    radio,
    inhabitant,
    sense: () => sensor(body.interstitialGlucose, body.minute - sensorSince),
    replaceSensor: () => {
      sensors += 1;
      sensorSince = body.minute;
      sensor = settleLife(today, patient, random.fork(`sensor ${sensors}`), midnight, 1).sensor;
    },
    start: (hands) => {
      inhabitant.start(hands);
      queue.after(MINUTE, passMinute);
    },
  };
}
