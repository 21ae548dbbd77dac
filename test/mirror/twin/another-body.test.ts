import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRandom } from '#base/random';
import { loadPatients } from '#edge/catalog/patients';
import { commission } from '#mirror/twin/commission';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { band90, forecast } from '#mirror/twin/fork';
import { applyMessage, createTwin } from '#mirror/twin/twin';
import { runLoop } from '../../../bench/detection/closed-loop.ts';
import { detectionOf, measure } from '../../../bench/detection/measure.ts';

/** Bodies of UVA/Padova 2008, which the twin's model is not: it has to live with the mismatch. */
const find = loadPatients(fileURLToPath(new URL('../../../catalog', import.meta.url)));
const OPTIONS = { controller: 'pid', unannounced: 0.04 } as const;

const commissioned = new Map<string, CommissionedModel>();
function modelOf(id: string): CommissionedModel {
  const random = createRandom(`another-body/${id}/commissioning`);
  const model = commissioned.get(id) ?? commission(runLoop(find(id), random, { ...OPTIONS, days: 5 }).messages);
  commissioned.set(id, model);
  return model;
}

describe('a twin of a body that is not of its model', () => {
  for (const id of ['adult#003', 'adolescent#009', 'child#002']) {
    const random = createRandom(`another-body/${id}/days`);

    it(`${id}: innovations are about standard normal, half-hour bands hold`, () => {
      const { messages } = runLoop(find(id), random, { ...OPTIONS, days: 4 });
      const seen: { readonly observed: number; readonly low: number; readonly high: number }[] = [];
      const normalised: number[] = [];
      let twin = createTwin('p-1', modelOf(id));
      for (const message of messages) {
        const applied = applyMessage(twin, message);
        twin = applied.twin;
        if (applied.innovation === undefined) continue;
        normalised.push(applied.innovation.normalised);
        seen.push({ observed: applied.innovation.observed, ...band90(forecast(twin, { kind: 'none' }, 30)!, 5) });
      }
      const mean = normalised.reduce((sum, value) => sum + value, 0) / normalised.length;
      const deviation = Math.sqrt(normalised.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normalised.length);
      assert.ok(Math.abs(mean) < 0.2, `mean ${mean}`);
      assert.ok(deviation > 0.75 && deviation < 1.3, `standard deviation ${deviation}`);
      // The sensor's coloured error, about 5 mg/dL, is not in the band.
      const inside = seen.slice(72, -6).filter(({ low, high }, index) => {
        const { observed } = seen[72 + index + 6]!;
        return observed > low - 8 && observed < high + 8;
      });
      assert.ok(inside.length / (seen.length - 78) > 0.85, `${inside.length} of ${seen.length - 78} within the band`);
    });

    it(`${id}: an infusion set that came off is found within twelve hours`, () => {
      const fault = { fromMin: 1740, toMin: 4320, factor: 0 };
      const run = runLoop(find(id), random.fork('fault'), { ...OPTIONS, days: 3, fault });
      const detection = detectionOf(measure(modelOf(id), run), run, fault.fromMin, 'missing', 720);
      assert.ok(detection !== undefined);
      assert.ok(detection.delayMin >= 60, 'sooner than insulin can have been missed');
    });
  }
});
