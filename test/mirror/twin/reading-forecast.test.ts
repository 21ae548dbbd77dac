import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRandom } from '#base/random';
import { MINUTE } from '#base/time';
import { loadPatients } from '#edge/catalog/patients';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { calibrateBands } from '#mirror/twin/calibrate-bands';
import { commission } from '#mirror/twin/commission';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { encodeTwin } from '#mirror/twin/encode-twin';
import { bandFactors, forecastReadings, type ReadingForecast } from '#mirror/twin/reading-forecast';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import { runLoop } from '../../../bench/detection/closed-loop.ts';
import { identifiableMessages } from './identifiable-ward.ts';

const find = loadPatients(fileURLToPath(new URL('../../../catalog', import.meta.url)));

/** Proportion of the readings of those days, after half a day, that lay within the band made `horizonMin` before. */
function coverage(model: CommissionedModel, messages: readonly DeviceMessage[], horizonMin: number): number {
  const forecasts = new Map<number, ReadingForecast>();
  let twin = createTwin('p-1', model);
  let inside = 0;
  let count = 0;
  for (const message of messages) {
    const applied = applyMessage(twin, message);
    twin = applied.twin;
    if (applied.innovation === undefined) continue;
    const step = Math.round(applied.innovation.at / (5 * MINUTE));
    forecasts.set(step, forecastReadings(twin, { kind: 'none' }, horizonMin)!);
    const then = forecasts.get(step - horizonMin / 5);
    if (then === undefined || step < 144) continue;
    const { observed } = applied.innovation;
    count += 1;
    if (observed >= then.low.at(-1)! && observed <= then.high.at(-1)!) inside += 1;
  }
  return inside / count;
}

describe('the forecast of readings', () => {
  const model = commission(identifiableMessages({ days: 4, seed: 1 }));
  const twin = identifiableMessages({ days: 1, seed: 9 }).reduce(
    (present, message) => applyMessage(present, message).twin,
    createTwin('p-1', model),
  );

  it('never changes the twin', () => {
    const before = encodeTwin(twin);
    forecastReadings(twin, { kind: 'meal', grams: 30 }, 120);
    assert.deepEqual(encodeTwin(twin), before);
  });

  it('keeps the mean within the band, and both within what the sensor can show', () => {
    const { mean, low, high } = forecastReadings(twin, { kind: 'bolus', units: 40 }, 1440)!;
    assert.ok(mean.every((value, index) => low[index]! <= value && value <= high[index]!));
    assert.ok(low.every((value) => value >= 39) && high.every((value) => value <= 401));
  });

  it('falls back to the Gaussian band, and says so, for a model without fitted bands', () => {
    const { bands, ...plain } = model;
    assert.ok(bands !== undefined);
    const { calibratedToMin } = forecastReadings({ ...twin, commissioned: plain }, { kind: 'none' }, 60)!;
    assert.equal(calibratedToMin, 0);
    assert.deepEqual(bandFactors(undefined, 60), { low: -1.6449, high: 1.6449 });
  });

  it('the band of a horizon between two fitted ones lies between theirs', () => {
    const bands = { horizonsMin: [30, 60], low: [-1, -3], high: [2, 4] };
    assert.deepEqual(bandFactors(bands, 45), { low: -2, high: 3 });
    assert.deepEqual(bandFactors(bands, 5), { low: -1, high: 2 });
    assert.deepEqual(bandFactors(bands, 600), { low: -3, high: 4 });
  });

  it('too short a period fits no band', () => {
    const { bands: _, ...plain } = model;
    assert.equal(calibrateBands(identifiableMessages({ days: 1, seed: 2 }).slice(0, 300), plain), undefined);
  });

  it('says nothing for a twin that was never commissioned', () => {
    assert.equal(forecastReadings(createTwin('p-2'), { kind: 'none' }, 60), undefined);
  });
});

describe('ninety_percent_bands_hold_on_days_that_were_not_seen', () => {
  for (const controller of ['pid', 'basal-bolus'] as const) {
    it(`${controller}: at half an hour, an hour and two hours, over three bodies`, () => {
      const options = { controller, unannounced: 0.04 } as const;
      const covered = new Map<number, number>();
      for (const id of ['adult#003', 'adolescent#009', 'child#002']) {
        const random = createRandom(`reading-forecast/${controller}/${id}`);
        const model = commission(runLoop(find(id), random.fork('commissioning'), { ...options, days: 5 }).messages);
        const { messages } = runLoop(find(id), random.fork('held out'), { ...options, days: 4 });
        for (const horizon of [30, 60, 120]) {
          covered.set(horizon, (covered.get(horizon) ?? 0) + coverage(model, messages, horizon) / 3);
        }
      }
      // Three bodies of four days: a dozen meals each. The cohort's figures are those of `bench/calibration.ts`.
      for (const [horizon, share] of covered) assert.ok(share > 0.84 && share < 0.96, `${horizon} min: ${share}`);
    });
  }
});
