import type { Minutes } from '#base/units';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { loadLaboratory } from '#edge/catalog/laboratory';
import { listPatientIds } from '#edge/catalog/patients';
import { defineExercise } from '#edge/exercise/define-exercise';
import { attackFreeMessages, commissionWard } from '#simulate/exercise/commission-ward';
import { type Band, judgeForecasts } from './calibration/readings.ts';
import { GAUGES, type GaugeCheck, judgeLives } from './calibration/remaining-life.ts';

const DAY: Minutes = 1_440;
const WARDS = ['closed-loop-home', 'basal-bolus-home'];
const HORIZONS: readonly Minutes[] = [30, 60, 120, 240];
/** Other lives of the same person: none of these days was seen in commissioning, nor when the method was chosen. */
const LIVES = 2;
const DAYS_PER_LIFE = 4;
/** A sensor's wear, at which the ward's person does not put on a new one, less the day that it has been worn. */
const DAYS_OF_SUPPLIES = 9;

/**
 * Whether 90 % bands hold 90 %: forecasts of readings, and remaining life of reservoir and batteries, on attack-free days
 * that no twin was commissioned on, of all 30 UVA/Padova subjects, each twin commissioned on five days of messages.
 */
export function benchCalibration(): void {
  const laboratory = loadLaboratory();
  const definition = defineExercise(laboratory, { what: 'replayed-remote-bolus' });
  const patients = listPatientIds(catalogRoot);
  for (const wardId of WARDS) {
    const ward = laboratory.wards.get(wardId)!;
    const bands = new Map<Minutes, Band[]>(HORIZONS.map((horizon) => [horizon, []]));
    for (const id of patients) {
      const patient = laboratory.patientOf(id);
      const model = commissionWard(definition, ward, patient);
      const lives = Array.from({ length: LIVES }, (_, life) =>
        attackFreeMessages(definition, ward, patient, `held out ${life}`, DAYS_PER_LIFE * DAY),
      );
      for (const [horizon, judged] of judgeForecasts(model, lives, HORIZONS)) bands.get(horizon)!.push(judged);
    }
    const days = patients.length * LIVES * (DAYS_PER_LIFE - 0.5);
    console.log(
      `calibration  ${wardId}: readings within the 90 % band, ${patients.length} subjects, ${days} held-out days`,
    );
    for (const [horizon, judged] of bands) printBand(horizon, judged);
  }
  const ward = laboratory.wards.get(WARDS[0]!)!;
  const lives = patients.map((id) => {
    const patient = laboratory.patientOf(id);
    return attackFreeMessages(definition, ward, patient, 'held-out supplies', DAYS_OF_SUPPLIES * DAY);
  });
  console.log(`calibration  ${WARDS[0]}: end of a supply within the 90 % interval, ${patients.length} subjects`);
  for (const gauge of GAUGES) for (const check of judgeLives(gauge, lives)) printCheck(gauge.name, check);
}

function printBand(horizon: Minutes, bands: readonly Band[]): void {
  const total = (of: (band: Band) => number): number => bands.reduce((sum, band) => sum + of(band), 0);
  const count = total((band) => band.count);
  const shares = bands.map(({ inside, count: all }) => inside / all).sort((a, b) => a - b);
  const at = (share: number): string => percent(shares[Math.round(share * (shares.length - 1))]!);
  console.log(
    `calibration    ${horizon} min: ${percent(total(({ inside }) => inside) / count)} ` +
      `(below ${percent(total(({ below }) => below) / count)}, above ${percent(total(({ above }) => above) / count)}; ` +
      `Gaussian band ${percent(total(({ gaussian }) => gaussian) / count)}), ` +
      `subjects ${at(0)} / ${at(0.1)} / ${at(0.5)} / ${at(0.9)} / ${at(1)} (least, 10 %, median, 90 %, most), ` +
      `mean width ${(total(({ width }) => width) / count).toFixed(0)} mg/dL, ` +
      `RMSE ${Math.sqrt(total(({ square }) => square) / count).toFixed(1)} mg/dL`,
  );
}

function printCheck(name: string, { historyDays, left, inside, count, widthHours, errorHours }: GaugeCheck): void {
  console.log(
    `calibration    ${name}, ${left} left, ${historyDays} days of history: ${percent(inside / count)} of ${count}, ` +
      `mean width ${widthHours.toFixed(1)} h, mean error ${errorHours.toFixed(1)} h`,
  );
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;

if (import.meta.main) benchCalibration();
