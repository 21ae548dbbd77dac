import type { UnitsPerHour } from '#base/units';
import type { IdentifiedParameters, IdentifiedVariances } from './commissioned-model.ts';
import { filterSamples, PRIOR_VARIANCES, RUN_IN } from './identify.ts';
import type { Sample } from './sample.ts';

/**
 * The noises that readings tell about; the rest keep their prior. The disturbance is among those kept: fitted to likelihood it
 * grows until it explains hours of missing insulin as well.
 */
const SEARCHED = ['sensorColoured', 'mealUncertainty', 'sensorWhite'] as const;
/** Factors tried around each, coarse then fine. */
const FACTORS = [1.6, 1.25] as const;
/** Spread of each noise's logarithm between people and sensors. */
const SPREAD = 0.6;
/** Contribution of an innovation is cut here (Huber), as in the identification of the parameters. */
const HUBER = 2.5;

/** Maximum a-posteriori noises by coordinate search on the innovations' likelihood. */
export function identifyVariances(
  samples: readonly Sample[],
  parameters: IdentifiedParameters,
  meanInsulinRate: UnitsPerHour,
): IdentifiedVariances {
  const cost = (variances: IdentifiedVariances): number => {
    let sum = 0;
    filterSamples(samples, parameters, variances, meanInsulinRate, (index, innovation, variance) => {
      if (index < RUN_IN) return;
      const size = Math.abs(innovation) / Math.sqrt(variance);
      sum += Math.log(variance) + (size <= HUBER ? size * size : HUBER * (2 * size - HUBER));
    });
    for (const name of SEARCHED) sum += (Math.log(variances[name] / PRIOR_VARIANCES[name]) / SPREAD) ** 2;
    return sum;
  };
  let best = PRIOR_VARIANCES;
  let lowest = cost(best);
  for (const factor of FACTORS) {
    for (const name of SEARCHED) {
      for (const direction of [factor, 1 / factor]) {
        let moved = false;
        for (let times = 0; times < 4; times += 1) {
          const tried = { ...best, [name]: best[name] * direction };
          const there = cost(tried);
          if (there >= lowest) break;
          best = tried;
          lowest = there;
          moved = true;
        }
        if (moved) break;
      }
    }
  }
  return best;
}
