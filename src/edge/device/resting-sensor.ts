import { createRandom } from '#base/random';
import { type Clock, MINUTE } from '#base/time';
import type { MgPerDl } from '#base/units';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { settleLife } from '#simulate/exercise/life';
import type { Ward } from '#simulate/exercise/scenario';

/** A body that is left alone for longer is not computed minute by minute after. */
const LONGEST_REST_MIN = 1_440;

/** What a sensor reads on somebody who rests, fasts and has their basal insulin: for a monitor that is run on its own. */
export function createRestingSensor(patient: VirtualPatient, ward: Ward, clock: Clock, seed: string): () => MgPerDl {
  const plant = patient.createPlant({ stepMin: ward.plantStepMin });
  const startedAt = clock.now();
  const { sensor } = settleLife(ward, patient, createRandom(`${seed}/${patient.id}`), startedAt, 1);
  const resting = { insulin: patient.basalRate / 60, carbohydrates: 0, insulinSensitivity: 1 };
  return () => {
    const minute = Math.floor((clock.now() - startedAt) / MINUTE);
    for (let count = 0; plant.minute < minute && count < LONGEST_REST_MIN; count += 1) plant.advance(resting);
    return sensor(plant.interstitialGlucose, minute);
  };
}
