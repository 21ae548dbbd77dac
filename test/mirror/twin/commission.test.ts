import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '#base/fault';
import { collectSamples } from '#mirror/twin/collect-samples';
import { commission } from '#mirror/twin/commission';
import { identifyParameters } from '#mirror/twin/identify';
import { KANDERIAN_SUBJECT_A } from '#model/physiology/identifiable-virtual-patient';
import { BASAL_RATE, identifiableMessages } from './identifiable-ward.ts';

const within = (actual: number, expected: number, share: number): void =>
  assert.ok(Math.abs(actual / expected - 1) < share, `${actual} is not within ${share * 100} % of ${expected}`);

describe('commissioning', () => {
  const { SI, CI, EGP, GEZI, VG, tauM } = KANDERIAN_SUBJECT_A;
  const model = commission(identifiableMessages({ days: 5, seed: 1 }));

  it('recovers the parameters of a body that is of its own model, the prior let go', () => {
    for (const factor of [0.7, 1, 1.6]) {
      const body = { ...KANDERIAN_SUBJECT_A, SI: factor * SI, EGP: 0.31 + 1.02 * factor };
      const collected = collectSamples(identifiableMessages({ days: 12, seed: 5, parameters: body, sensorNoise: 1 }));
      const { samples } = collected;
      const person = {
        meanInsulinRate: collected.insulin / (12 * 24),
        meanGlucose: samples.reduce((sum, sample) => sum + sample.glucose!, 0) / samples.length,
        meanCarbohydrates: collected.carbohydrates / (12 * 1440),
        carbRatio: collected.carbRatio,
      };
      const identified = identifyParameters(samples, person, 0.3);
      // A common scale of insulin, meals and production is what a mostly balanced day tells least about.
      within(identified.insulinEffectPerUnit, (body.SI * 1e6) / CI, 0.4);
      within(identified.risePerGram / identified.insulinEffectPerUnit, (1000 / VG / (body.SI * 1e6)) * CI, 0.1);
      within(identified.endogenousProduction / identified.insulinEffectPerUnit, (body.EGP / (body.SI * 1e6)) * CI, 0.1);
      within(identified.absorptionMin, tauM, 0.25);
      const { subcutaneousMin, plasmaMin, effectRatePerMin } = identified;
      within(subcutaneousMin + plasmaMin + 1 / effectRatePerMin, body.tau1 + body.tau2 + 1 / body.p2, 0.15);
    }
  });

  it('knows where a fasting body settles', () => {
    const settled = EGP / (GEZI + (SI * 1e6 * BASAL_RATE) / 60 / CI);
    const { endogenousProduction, glucoseEffectivenessPerMin, insulinEffectPerUnit } = model.parameters;
    const predicted = endogenousProduction / (glucoseEffectivenessPerMin + (insulinEffectPerUnit * BASAL_RATE) / 60);
    within(predicted, settled, 0.06);
  });

  it('states what it saw: period, readings, mean insulin', () => {
    assert.equal(model.readings, 5 * 288);
    assert.deepEqual(model.period, { from: 0, to: (5 * 1440 - 5) * 60_000 });
    assert.ok(model.meanInsulinRate > BASAL_RATE && model.meanInsulinRate < 2 * BASAL_RATE);
    assert.equal(model.carbRatio, 20);
  });

  it('is a function of the messages alone', () => {
    assert.deepEqual(commission(identifiableMessages({ days: 5, seed: 1 })), model);
    assert.notEqual(commission(identifiableMessages({ days: 5, seed: 3 })).identifiedFrom, model.identifiedFrom);
  });

  it('is plain data', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(model)), model);
  });

  it('refuses a period too short to say anything', () => {
    assert.throws(
      () => commission(identifiableMessages({ days: 5, seed: 1 }).slice(0, 300)),
      (fault) => fault instanceof Fault && fault.code === 'commission.too-few-readings',
    );
  });

  it('refuses a pump that reports no insulin', () => {
    const silent = identifiableMessages({ days: 2, seed: 1 }).filter(({ thing }) => thing !== 'pump');
    assert.throws(
      () => commission(silent),
      (fault) => fault instanceof Fault && fault.code === 'commission.no-insulin',
    );
  });
});
