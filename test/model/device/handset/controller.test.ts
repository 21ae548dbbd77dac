import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mealBolus } from '#model/device/handset/controller/basal-bolus';
import { PID_TUNING, type PidInput, pidBasal } from '#model/device/handset/controller/pid';
import { settingsFor } from '#model/device/handset/settings';

const figures = { basalRate: 1, carbRatio: 10, correctionFactor: 20, totalDailyInsulin: 50 };
const settings = { ...settingsFor(figures, 'closed-loop'), targetGlucose: 120, maxInsulinOnBoard: 5 };

test('meal bolus: carbohydrates over ratio, a correction above 150 mg/dL only, insulin on board against the correction only', () => {
  const bolus = (glucose: number | undefined, insulinOnBoard: number): number =>
    mealBolus({ carbohydrates: 60, glucose, insulinOnBoard }, settings);
  assert.equal(bolus(undefined, 0), 6);
  assert.equal(bolus(150, 0), 6);
  assert.equal(bolus(200, 0), 10);
  assert.equal(bolus(200, 3), 7);
  assert.equal(bolus(200, 10), 6);
  assert.equal(bolus(200, -2), 10);
});

const inputs: fc.Arbitrary<PidInput> = fc.record({
  glucose: fc.integer({ min: 40, max: 400 }),
  slope: fc.double({ min: -5, max: 5, noNaN: true }),
  insulinOnBoard: fc.double({ min: -10, max: 30, noNaN: true }),
  profileRate: fc.double({ min: 0.05, max: 5, noNaN: true }),
  integral: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  elapsed: fc.integer({ min: 0, max: 15 }),
  totalDailyInsulin: fc.double({ min: 5, max: 120, noNaN: true }),
});

test('the controller asks for no more than four times the profile, the user limit, or with enough insulin on board the profile', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const { rate } = pidBasal(input, settings);
      assert.equal(rate >= 0, true);
      assert.equal(rate <= 4 * input.profileRate + 1e-9 && rate <= settings.maxBasal, true);
      if (input.insulinOnBoard >= settings.maxInsulinOnBoard) assert.equal(rate <= input.profileRate, true);
    }),
  );
});

test('the controller gives nothing when a low is predicted', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      if (input.glucose + input.slope * PID_TUNING.lookAhead >= PID_TUNING.suspendBelow) return;
      assert.equal(pidBasal(input, settings).rate, 0);
    }),
  );
});

test('at target, without trend and insulin on board, the controller asks for the profile', () => {
  const input = {
    glucose: 120,
    slope: 0,
    insulinOnBoard: 0,
    profileRate: 1,
    integral: 0,
    elapsed: 5,
    totalDailyInsulin: 50,
  };
  assert.deepEqual(pidBasal(input, settings), { rate: 1, integral: 0 });
});
