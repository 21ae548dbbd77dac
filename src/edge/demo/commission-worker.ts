import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { commissionWard } from '#simulate/exercise/commission-ward';
import { loadLaboratory } from '../catalog/laboratory.ts';
import { defineExercise } from '../exercise/define-exercise.ts';

/** Any scenario: of its definition only the Thing Models, policies and seed are used. */
const SCENARIO = 'replayed-remote-bolus';

/** Runs in a thread of its own: five simulated days, and the identification from them. */
export function commission(wish: { readonly ward: string; readonly patient: string }): CommissionedModel {
  const laboratory = loadLaboratory();
  const definition = defineExercise(laboratory, { what: SCENARIO });
  return commissionWard(definition, laboratory.wards.get(wish.ward)!, laboratory.patientOf(wish.patient));
}
