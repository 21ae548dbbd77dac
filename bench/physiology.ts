import { catalogRoot } from '#edge/catalog/catalog-directory';
import { listPatientIds, loadPatients } from '#edge/catalog/patients';
import type { VirtualPatient } from '#model/physiology/patient-model';

const WARM_UP_DAYS = 300;
const MEASURED_DAYS = 6_000;
const MEALS: ReadonlyMap<number, number> = new Map([
  [420, 45],
  [720, 70],
  [1080, 80],
]);

/** One day of basal-bolus therapy with three meals; nothing is kept but the last glucose, so that the work is not optimised away. */
function liveOneDay(patient: VirtualPatient, stepMin: number): number {
  const plant = patient.createPlant({ stepMin });
  const basal = patient.basalRate / 60;
  let onThePlate = 0;
  for (let minute = 0; minute < 1440; minute += 1) {
    const meal = MEALS.get(minute) ?? 0;
    onThePlate += meal;
    const carbohydrates = Math.min(5, onThePlate);
    onThePlate -= carbohydrates;
    plant.advance({ insulin: basal + meal / patient.carbRatio, carbohydrates, insulinSensitivity: 1 });
  }
  return plant.plasmaGlucose;
}

function patientDaysPerSecond(patients: readonly VirtualPatient[], stepMin: number, days: number): number {
  let checksum = 0;
  for (let day = 0; day < Math.min(WARM_UP_DAYS, days); day += 1)
    checksum += liveOneDay(patients[day % patients.length]!, stepMin);
  const start = process.cpuUsage();
  for (let day = 0; day < days; day += 1) checksum += liveOneDay(patients[day % patients.length]!, stepMin);
  const { user, system } = process.cpuUsage(start);
  const seconds = (user + system) / 1e6;
  if (!Number.isFinite(checksum)) throw new Error('the plants left the numbers');
  return days / seconds;
}

/** Patient-days per second of processor time, which is per core; plants alone. The target of the first row is 2,000. */
export function benchPhysiology(): void {
  const find = loadPatients(catalogRoot);
  const padova = listPatientIds(catalogRoot).map(find);
  const hovorka = Array.from({ length: 10 }, (_, index) => find(`hovorka#${index + 1}`));
  const rows = [
    { model: 'uva-padova-2008', patients: padova, stepMin: 1, days: MEASURED_DAYS },
    { model: 'uva-padova-2008', patients: padova, stepMin: 0.5, days: MEASURED_DAYS / 2 },
    { model: 'hovorka-2004', patients: hovorka, stepMin: 1, days: MEASURED_DAYS / 4 },
  ];
  for (const { model, patients, stepMin, days } of rows) {
    const rate = patientDaysPerSecond(patients, stepMin, days);
    console.log(`physiology  ${model}  step ${stepMin} min  ${Math.round(rate)} patient-days/s`);
  }
}

if (import.meta.main) benchPhysiology();
