import type { MgPerDl, Minutes } from '#base/units';
import { BAND_90, type Forecast, forecast } from './fork.ts';
import type { Hypothesis } from './hypothesis.ts';
import { normalCumulative } from './normal-distribution.ts';
import { bandFactors } from './reading-forecast.ts';
import type { Twin } from './twin.ts';

/** A fork's forecast beside the forecast of what goes on as it is. */
export interface ForkComparison {
  readonly unforked: Forecast;
  readonly forked: Forecast;
  /** `forked` minus `unforked` in the mean, mg/dL, step by step. */
  readonly difference: Float64Array;
  readonly risk: { readonly unforked: GlucoseRisk; readonly forked: GlucoseRisk };
}

/** Of glucose itself, not of what the sensor shows. */
export interface GlucoseRisk {
  readonly below54: Crossing;
  readonly below70: Crossing;
  readonly above180: Crossing;
  readonly above250: Crossing;
}

export interface Crossing {
  /** Probability of being beyond the threshold at the instant of the horizon at which it is greatest. */
  readonly probability: number;
  /** When the mean is first beyond, minutes from the estimate on; absent where it never is. */
  readonly meanAtMin?: Minutes;
}

/** Thresholds of the consensus, mg/dL: Battelino et al., Diabetes Care 42 (2019) 1593-1603. */
const VERY_LOW: MgPerDl = 54;
const LOW: MgPerDl = 70;
const HIGH: MgPerDl = 180;
const VERY_HIGH: MgPerDl = 250;

/**
 * Carries the hypothesis out on a fork and nothing out on another. Undefined while the twin cannot predict; the twin stays as
 * it is. Model evidence: a person who eats or is woken by an alarm is in neither forecast.
 * @throws Fault `fork.too-many-changes`, `fork.bad-start`
 */
export function compareForecasts(twin: Twin, hypothesis: Hypothesis, horizonMin: Minutes): ForkComparison | undefined {
  const unforked = forecast(twin, { kind: 'none' }, horizonMin);
  const forked = forecast(twin, hypothesis, horizonMin);
  if (unforked === undefined || forked === undefined) return undefined;
  return {
    unforked,
    forked,
    difference: forked.mean.map((glucose, index) => glucose - unforked.mean[index]!),
    risk: { unforked: riskOf(twin, unforked), forked: riskOf(twin, forked) },
  };
}

function riskOf(twin: Twin, of: Forecast): GlucoseRisk {
  return {
    below54: crossing(twin, of, VERY_LOW, -1),
    below70: crossing(twin, of, LOW, -1),
    above180: crossing(twin, of, HIGH, 1),
    above250: crossing(twin, of, VERY_HIGH, 1),
  };
}

/** Two halves of normal distributions, each as wide as the band on its side: what is to come makes glucose high more than low. */
function crossing(twin: Twin, { mean, deviation, stepMin }: Forecast, threshold: MgPerDl, side: 1 | -1): Crossing {
  const bands = twin.commissioned?.bands;
  let probability = 0;
  let meanAtMin: Minutes | undefined;
  for (let index = 0; index < mean.length; index += 1) {
    const inMin = (index + 1) * stepMin;
    const { low, high } = bandFactors(bands, inMin);
    const beyond = side * (mean[index]! - threshold);
    // The half that the threshold lies in is the one that reaches towards it.
    const reaching = beyond > 0 === side > 0 ? low : high;
    const spread = Math.max(LEAST_SPREAD, (deviation[index]! * Math.abs(reaching)) / BAND_90);
    probability = Math.max(probability, normalCumulative(beyond / spread));
    if (beyond > 0) meanAtMin ??= inMin;
  }
  return { probability, ...(meanAtMin === undefined ? {} : { meanAtMin }) };
}

/** mg/dL; no forecast is better than this. */
const LEAST_SPREAD: MgPerDl = 1;
