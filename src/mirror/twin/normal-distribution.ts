/**
 * Probability that a standard normal deviate is below `deviate`. Abramowitz and Stegun, Handbook of Mathematical Functions,
 * 26.2.17: within 7.5e-8.
 */
export function normalCumulative(deviate: number): number {
  const size = Math.abs(deviate);
  const t = 1 / (1 + 0.231_641_9 * size);
  const polynomial =
    t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
  const upper = (Math.exp((-size * size) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return deviate > 0 ? 1 - upper : upper;
}
