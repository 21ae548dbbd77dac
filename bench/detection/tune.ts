import { fileURLToPath } from 'node:url';
import { createRandom } from '#base/random';
import { listPatientIds, loadPatients } from '#edge/catalog/patients';
import { collectSamples } from '#mirror/twin/collect-samples';
import { commission } from '#mirror/twin/commission';
import type { DetectionThresholds } from '#mirror/twin/commissioned-model';
import { blockMaxima } from '#mirror/twin/tune-thresholds';
import { runLoop } from './closed-loop.ts';

/**
 * The population figures of `tune-thresholds.ts`: Gumbel distributions through two quantiles of the block maxima of attack-free
 * days that no model was identified from. The seeds are used here and nowhere else.
 */
const UPPER = 0.9935;
const LOWER = 0.95;
const DAYS = 12;
const RUN_IN = 144;

const reduced = (probability: number): number => -Math.log(-Math.log(probability));

const catalog = fileURLToPath(new URL('../../catalog', import.meta.url));
const find = loadPatients(catalog);
const maxima = new Map<keyof DetectionThresholds, number[]>();
for (const controller of ['pid', 'basal-bolus'] as const) {
  for (const id of listPatientIds(catalog)) {
    const random = createRandom(`tuning/${controller}/${id}`);
    const options = { controller, unannounced: 0.04 };
    const model = commission(runLoop(find(id), random.fork('commissioning'), { ...options, days: 5 }).messages);
    const { samples } = collectSamples(
      runLoop(find(id), random.fork('attack-free'), { ...options, days: DAYS }).messages,
    );
    for (const [name, values] of Object.entries(blockMaxima(samples, RUN_IN, model))) {
      const key = name as keyof DetectionThresholds;
      maxima.set(key, [...(maxima.get(key) ?? []), ...values]);
    }
  }
}
for (const [name, values] of maxima) {
  values.sort((left, right) => left - right);
  const quantile = (probability: number): number => values[Math.floor(probability * values.length)]!;
  const scale = (quantile(UPPER) - quantile(LOWER)) / (reduced(UPPER) - reduced(LOWER));
  const location = quantile(LOWER) - scale * reduced(LOWER);
  const quantiles = [0.5, 0.9, 0.97, 0.985, 0.9935, 0.996].map((p) => quantile(p).toFixed(2)).join(' ');
  console.log(
    `${name}: location ${location.toFixed(2)}, scale ${scale.toFixed(2)} (${values.length} blocks; ${quantiles})`,
  );
}
