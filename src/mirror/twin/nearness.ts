import type { Fraction, MgPerDl } from '#base/units';
import type { Forecast } from './fork.ts';
import type { Hazard } from './hazard.ts';

/** mg/dL; no forecast of a body is better than this, whatever the filter makes of its readings. */
const LEAST_DEVIATION: MgPerDl = 10;
/** What a command does is known this well: a share of how far it leads towards the level. */
const EFFECT_ERROR: Fraction = 0.3;
/** Further away, or beyond, than this many deviations says no more. */
const FURTHEST = 64;

/**
 * How near a forecast comes to a level: in deviations, at the step at which the level is nearest; positive where the mean passes
 * it. Of two levels on a side it comes nearer to the one that is reached first, so that glucose passes a level exactly when the
 * forecast had come less near, or as near, to the extreme that is then seen. `unchanged` is the forecast without the command,
 * whose own effect is uncertain too.
 */
export function nearness(
  { mean, deviation }: Forecast,
  side: Hazard['side'],
  level: MgPerDl,
  unchanged?: Forecast,
): number {
  const sign = side === 'below' ? 1 : -1;
  let nearest = Number.NEGATIVE_INFINITY;
  for (let step = 0; step < mean.length; step += 1) {
    const beyond = sign * (level - mean[step]!);
    const led = unchanged === undefined ? 0 : Math.max(0, sign * (unchanged.mean[step]! - mean[step]!));
    // An uncertain effect makes it possible that a level is reached, and no less certain that it is.
    const effect = beyond < 0 ? EFFECT_ERROR * led : 0;
    nearest = Math.max(nearest, beyond / Math.sqrt(deviation[step]! ** 2 + effect ** 2 + LEAST_DEVIATION ** 2));
  }
  return Math.min(FURTHEST, Math.max(-FURTHEST, nearest));
}
