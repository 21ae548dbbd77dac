import type { Grams, MgPerDl, Minutes } from '#base/units';
import type { VirtualPatient } from '#model/physiology/patient-model';

/** A meal is announced at its minute and eaten from then on at 5 g/min, as the reference software eats. */
export interface ReferenceMeal {
  readonly minute: Minutes;
  readonly grams: Grams;
}

/** The reference day: 45, 70 and 80 g at 7, 12 and 18 h. */
export const REFERENCE_MEALS: readonly ReferenceMeal[] = [
  { minute: 420, grams: 45 },
  { minute: 720, grams: 70 },
  { minute: 1080, grams: 80 },
];

export interface DayOptions {
  readonly stepMin: Minutes;
  readonly durationMin: Minutes;
  readonly meals?: readonly ReferenceMeal[];
  /** Multiplies each meal's bolus; 1 is carbohydrates over the carbohydrate ratio. */
  readonly bolusFactor?: number;
  readonly basalFactor?: (minute: Minutes) => number;
  readonly extraBolus?: { readonly minute: Minutes; readonly units: number };
}

/** Interstitial glucose of every minute, the start included. Boluses are pulses of one minute. */
export function playDay(patient: VirtualPatient, options: DayOptions): readonly MgPerDl[] {
  const { stepMin, durationMin, meals = [], bolusFactor = 1, basalFactor = () => 1, extraBolus } = options;
  const plant = patient.createPlant({ stepMin });
  const glucose = [plant.interstitialGlucose];
  let onThePlate = 0;
  for (let minute = 0; minute < durationMin; minute += 1) {
    const announced = meals.find((meal) => meal.minute === minute)?.grams ?? 0;
    onThePlate += announced;
    const carbohydrates = Math.min(5, onThePlate);
    onThePlate -= carbohydrates;
    const insulin =
      (patient.basalRate / 60) * basalFactor(minute) +
      (bolusFactor * announced) / patient.carbRatio +
      (extraBolus?.minute === minute ? extraBolus.units : 0);
    plant.advance({ insulin, carbohydrates, insulinSensitivity: 1 });
    glucose.push(plant.interstitialGlucose);
  }
  return glucose;
}
