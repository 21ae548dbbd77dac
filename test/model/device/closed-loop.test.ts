import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE } from '#base/time';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { readUvaPadova2008Subjects } from '#edge/catalog/patients';
import { createGlucoseMonitor } from '#model/device/glucose-monitor';
import { createHandset } from '#model/device/handset/handset';
import { settingsFor } from '#model/device/handset/settings';
import { createInsulinPump } from '#model/device/insulin-pump/insulin-pump';
import type { VirtualPatient } from '#model/physiology/patient-model';
import { createUvaPadova2008Patient } from '#model/physiology/uva-padova-2008';
import { createFakeWard, LEGACY, linkOf, MIDNIGHT } from './fake-ward.ts';

/** Announced meals in grams by minute of the day, eaten at 5 g/min. */
const MEALS = new Map([
  [7 * 60, 45],
  [12 * 60, 70],
  [18 * 60, 80],
]);

/** One undisturbed day of the closed loop with an exact sensor: shares of minutes below and within the target range. */
function liveOneDay(person: VirtualPatient): {
  readonly below70: number;
  readonly below54: number;
  readonly inRange: number;
} {
  const plant = person.createPlant({ stepMin: 1 });
  const ward = createFakeWard();
  const settings = settingsFor(person, 'closed-loop');
  let insulin = 0;
  const common = (self: 'cgm' | 'pump' | 'handset') => ({
    link: linkOf(self, LEGACY),
    reporting: { thing: self, sealed: false },
  });
  const cgm = createGlucoseMonitor(common('cgm'), {
    ...ward.device('cgm').ports,
    sense: () => plant.interstitialGlucose,
  });
  const { basalProfile, maxBolus, maxBasal } = settings;
  const pump = createInsulinPump(
    { ...common('pump'), basalProfile, maxBolus, maxBasal, remoteEnabled: false, defences: {} },
    {
      ...ward.device('pump').ports,
      askPerson() {},
      deliver(units) {
        insulin += units;
      },
    },
  );
  const { totalDailyInsulin } = person;
  const handset = createHandset(
    { ...common('handset'), settings, totalDailyInsulin },
    { ...ward.device('handset').ports, notifyPerson() {} },
  );
  ward.attach('cgm', cgm);
  ward.attach('pump', pump);
  ward.attach('handset', handset);
  let uneaten = 0;
  let below70 = 0;
  let below54 = 0;
  let inRange = 0;
  for (let minute = 0; minute < 1_440; minute += 1) {
    const meal = MEALS.get(minute);
    if (meal !== undefined) {
      uneaten += meal;
      handset.announceMeal(meal);
    }
    ward.runTo(MIDNIGHT + (minute + 1) * MINUTE);
    const carbohydrates = Math.min(5, uneaten);
    uneaten -= carbohydrates;
    plant.advance({ insulin, carbohydrates, insulinSensitivity: 1 });
    insulin = 0;
    if (plant.plasmaGlucose < 70) below70 += 1;
    if (plant.plasmaGlucose < 54) below54 += 1;
    if (plant.plasmaGlucose >= 70 && plant.plasmaGlucose <= 180) inRange += 1;
  }
  return { below70: below70 / 1_440, below54: below54 / 1_440, inRange: inRange / 1_440 };
}

// Targets of time in range: Battelino 2019, Diabetes Care 42:1593.
test('undisturbed, the closed loop keeps the adults of UVA/Padova 2008 in range and free of serious lows', () => {
  const adults = readUvaPadova2008Subjects(catalogRoot)
    .map(createUvaPadova2008Patient)
    .filter(({ id }) => id.startsWith('adult'));
  assert.equal(adults.length, 10);
  let withoutLow = 0;
  for (const adult of adults) {
    const day = liveOneDay(adult);
    assert.equal(day.below54, 0, adult.id);
    assert.equal(day.inRange > 0.7, true, `${adult.id}: ${day.inRange}`);
    if (day.below70 === 0) withoutLow += 1;
  }
  assert.equal(withoutLow >= 9, true);
});
