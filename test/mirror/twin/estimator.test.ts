import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commission } from '#mirror/twin/commission';
import type { Innovation } from '#mirror/twin/estimator';
import { band90, forecast } from '#mirror/twin/fork';
import { applyMessage, createTwin, type Twin } from '#mirror/twin/twin';
import { identifiableMessages } from './identifiable-ward.ts';

const model = commission(identifiableMessages({ days: 5, seed: 1, sensorNoise: 4 }));
const messages = identifiableMessages({ days: 4, seed: 2, sensorNoise: 4 });

describe('the estimator on days it has not seen', () => {
  const innovations: Innovation[] = [];
  const twins: Twin[] = [];
  let twin = createTwin('p-1', model);
  for (const message of messages) {
    const applied = applyMessage(twin, message);
    twin = applied.twin;
    if (applied.innovation === undefined) continue;
    innovations.push(applied.innovation);
    twins.push(twin);
  }

  it('has innovations about standard normal', () => {
    const normalised = innovations.slice(24).map((innovation) => innovation.normalised);
    const mean = normalised.reduce((sum, value) => sum + value, 0) / normalised.length;
    const deviation = Math.sqrt(normalised.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normalised.length);
    assert.ok(Math.abs(mean) < 0.15, `mean ${mean}`);
    assert.ok(deviation > 0.7 && deviation < 1.15, `standard deviation ${deviation}`);
    const outside = normalised.filter((value) => Math.abs(value) > 1.96).length / normalised.length;
    assert.ok(outside < 0.08, `${outside} outside 95 %`);
  });

  it('forecasts the next hour within its 90 % band at least 85 % of the time', () => {
    const steps = 12;
    let inside = 0;
    let judged = 0;
    for (let index = 288; index + steps < twins.length; index += 7) {
      const ahead = forecast(twins[index]!, { kind: 'none' }, 60)!;
      const { low, high } = band90(ahead, steps - 1);
      const sensor = 4 * 1.6449;
      const seen = innovations[index + steps]!.observed;
      judged += 1;
      if (seen > low - sensor && seen < high + sensor) inside += 1;
    }
    assert.ok(inside / judged > 0.8, `${inside} of ${judged}`);
  });

  it('keeps evidence for faults low', () => {
    const { missingInsulin, excessInsulin } = model.thresholds;
    assert.ok(innovations.every(({ delivery }) => delivery.missing.evidence < missingInsulin));
    assert.ok(innovations.every(({ delivery }) => delivery.excess.evidence < excessInsulin));
  });
});
