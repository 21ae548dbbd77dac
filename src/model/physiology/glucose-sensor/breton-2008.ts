import { assert } from '#base/assert';
import type { Random } from '#base/random';
import type { MgPerDl, Minutes } from '#base/units';
import { clampToRange, type SensorError, type SensorRange } from './sensor-error.ts';

/**
 * Breton, Kovatchev, J Diabetes Sci Technol 2 (2008) 853-862: a process e of order one every 15 min, e' = 0.7 (e + N(0, 1)),
 * made skew and heavy-tailed by Johnson's SU transform. The figures are those of simglucose.
 */
export const BRETON_2008 = {
  interval: 15,
  correlation: 0.7,
  xi: -5.47,
  lambda: 15.9574,
  gamma: -0.5444,
  delta: 1.6898,
} as const;

/** The ranges published with the model; `navigator` differs in its lower end. */
export const BRETON_RANGES = {
  dexcom: { low: 39, high: 600 },
  navigator: { low: 32, high: 600 },
} as const satisfies Readonly<Record<string, SensorRange>>;

/** Johnson's SU transform: a normal deviate to an error in mg/dL. */
export function johnsonError(deviate: number): MgPerDl {
  const { xi, lambda, gamma, delta } = BRETON_2008;
  return xi + lambda * Math.sinh((deviate - gamma) / delta);
}

/**
 * Errors at the 15-min knots, a local cubic (Catmull-Rom) between them: through every knot and smooth, from four knots of
 * memory. simglucose lays a spline through ten knots at a time; at the knots the two are one process.
 */
export function createBreton2008(random: Random, range: SensorRange = BRETON_RANGES.dexcom): SensorError {
  let deviate = random.normal();
  const nextError = (): MgPerDl => {
    const error = johnsonError(deviate);
    deviate = BRETON_2008.correlation * (deviate + random.normal());
    return error;
  };
  /** Errors before, at the start of, at the end of and after the interval `interval`. */
  const knots: [number, number, number, number] = [0, nextError(), nextError(), nextError()];
  knots[0] = knots[1];
  let interval = 0;

  const errorAt = (minute: Minutes): MgPerDl => {
    const wanted = Math.floor(minute / BRETON_2008.interval);
    assert(wanted >= interval, `sensor readings do not go back to minute \`${minute}\``);
    for (; interval < wanted; interval += 1) {
      knots[0] = knots[1];
      knots[1] = knots[2];
      knots[2] = knots[3];
      knots[3] = nextError();
    }
    const along = minute / BRETON_2008.interval - interval;
    const [before, start, end, after] = knots;
    const slopeAtStart = (end - before) / 2;
    const slopeAtEnd = (after - start) / 2;
    const rise = end - start;
    return (
      start +
      along *
        (slopeAtStart +
          along * (3 * rise - 2 * slopeAtStart - slopeAtEnd + along * (slopeAtStart + slopeAtEnd - 2 * rise)))
    );
  };

  return { read: (glucose, minuteSinceStart) => clampToRange(glucose + errorAt(minuteSinceStart), range) };
}
