import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { catalogRoot } from '#edge/catalog/catalog-directory';
import { listPatientIds, loadPatients } from '#edge/catalog/patients';
import {
  advanceIdentifiable,
  GLUCOSE,
  identifiableSteadyState,
  KANDERIAN_SUBJECT_A,
} from '#model/physiology/identifiable-virtual-patient';
import { refinementFor } from '#model/physiology/integrate';
import { MAX_PLANT_INPUTS } from '#model/physiology/patient-model';

const findPatient = loadPatients(catalogRoot);
const people = [...listPatientIds(catalogRoot), 'hovorka#1', 'hovorka#4', 'hovorka#6', 'hovorka#16'];

test('a reservoir of 300 U at once lowers glucose below 40 mg/dL and keeps it there, at the coarsest step', () => {
  for (const id of people) {
    const patient = findPatient(id);
    const plant = patient.createPlant({ stepMin: 1 });
    let previous = plant.plasmaGlucose;
    for (let minute = 0; minute < 480; minute += 1) {
      const insulin = patient.basalRate / 60 + (minute < 3 ? 100 : 0);
      plant.advance({ insulin, carbohydrates: 0, insulinSensitivity: 1 });
      const most = Math.max(previous + 1e-3, 39);
      assert.ok(plant.plasmaGlucose <= most, `${id} rises at minute ${minute} to ${plant.plasmaGlucose}`);
      previous = plant.plasmaGlucose;
    }
    assert.ok(plant.plasmaGlucose < 40, id);
  }
});

test('whatever is given within the bounds, every value stays finite and no glucose comes from nowhere', () => {
  const input = fc.record({
    insulin: fc.double({ min: 0, max: MAX_PLANT_INPUTS.insulin, noNaN: true }),
    carbohydrates: fc.double({ min: 0, max: MAX_PLANT_INPUTS.carbohydrates, noNaN: true }),
    insulinSensitivity: fc.double({ min: 0, max: MAX_PLANT_INPUTS.insulinSensitivity, noNaN: true }),
    minutes: fc.integer({ min: 1, max: 60 }),
  });
  const scenario = fc.array(input, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.constantFrom(...people), scenario, (id, phases) => {
      const patient = findPatient(id);
      const plant = patient.createPlant({ stepMin: 1 });
      let eaten = 0;
      for (const { minutes, ...inputs } of phases) {
        for (let minute = 0; minute < minutes; minute += 1) {
          plant.advance(inputs);
          eaten += inputs.carbohydrates;
          assert.ok(plant.state().every(Number.isFinite), `${id} at minute ${plant.minute}`);
          // All that was eaten and 10 mg/kg/min from the liver, in a litre per kilogram or more: no more than this is there.
          const most = 500 + (eaten * 1200) / patient.bodyWeight + 10 * plant.minute;
          assert.ok(plant.plasmaGlucose < most, `${id}: ${plant.plasmaGlucose} of ${most}`);
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('the identifiable patient does not burst either', () => {
  const state = identifiableSteadyState(KANDERIAN_SUBJECT_A, 0.02);
  let previous = state[GLUCOSE]!;
  for (let step = 0; step < 100; step += 1) {
    advanceIdentifiable(KANDERIAN_SUBJECT_A, state, { insulin: step === 0 ? 60 : 0.02, carbohydrates: 0 }, 5);
    assert.ok(state[GLUCOSE]! > 0 && state[GLUCOSE]! < 130);
    if (step < 20) assert.ok(state[GLUCOSE]! <= previous + 1e-6);
    previous = state[GLUCOSE]!;
  }
});

test('steps are cut by powers of two, and only when they must be', () => {
  assert.deepEqual([0, 0.3, 1, 1.01, 2, 5, 1e9].map(refinementFor), [1, 1, 1, 2, 2, 8, 4096]);
});
