import { assert } from '#base/assert';
import type { Random } from '#base/random';
import type { MgPerDl, Minutes } from '#base/units';
import { clampToRange, type SensorError, type SensorRange } from './sensor-error.ts';

/** x(k) = phi1 x(k-1) + phi2 x(k-2) + w, with w normal of the given variance, (mg/dL)^2. */
export interface AutoregressiveProcess {
  readonly phi1: number;
  readonly phi2: number;
  readonly variance: number;
}

/**
 * Vettoretti, Del Favero, Sparacino, Facchinetti, Conf Proc IEEE Eng Med Biol Soc 2019, doi 10.1109/EMBC.2019.8856790: the
 * factory-calibrated Dexcom G6. Gain and offset drift over the days of wear (quadratic), a component common to all sensors of
 * a person and one of the sensor itself are added. Figures as in LoopInsighT1, which names the paper's tables.
 */
export const VETTORETTI_2019 = {
  gain: [1.048, -0.033, 0.002],
  offset: [-6.398, 6.179, -0.448],
  sensor: { phi1: 1.22, phi2: -0.331, variance: 3.641 },
  common: { phi1: 1.34, phi2: -0.492, variance: 5.538 },
  /**
   * The papers identified the processes on the sensor's own samples, one in 5 min; advanced once a minute (as LoopInsighT1
   * does) the error would forget itself within minutes, against the tens of minutes observed. Not verified in the paper.
   */
  interval: 5,
  range: { low: 40, high: 400 },
  /** The days over which the drift was identified, and the sensor is worn. */
  wearDays: 10,
} as const;

/** Long enough for a process with roots inside 0.82 to forget that it began at zero. */
const WARM_UP_STEPS = 120;

export function createVettoretti2019(random: Random, range: SensorRange = VETTORETTI_2019.range): SensorError {
  const sensor = createProcess(random.fork('sensor'), VETTORETTI_2019.sensor);
  const common = createProcess(random.fork('common'), VETTORETTI_2019.common);
  let sample = 0;
  let noise = sensor() + common();

  const noiseAt = (minute: Minutes): MgPerDl => {
    const wanted = Math.floor(minute / VETTORETTI_2019.interval);
    assert(wanted >= sample, `sensor readings do not go back to minute \`${minute}\``);
    for (; sample < wanted; sample += 1) noise = sensor() + common();
    return noise;
  };

  const read = (glucose: MgPerDl, minuteSinceStart: Minutes, daysSinceCalibration: number): MgPerDl => {
    // The quadratics mean nothing past the wear they were fitted over; a sensor left on keeps its last drift.
    const days = Math.min(VETTORETTI_2019.wearDays, Math.max(0, daysSinceCalibration));
    const gain = quadratic(VETTORETTI_2019.gain, days);
    const offset = quadratic(VETTORETTI_2019.offset, days);
    return clampToRange(gain * glucose + offset + noiseAt(minuteSinceStart), range);
  };
  return { read };
}

const quadratic = ([c0, c1, c2]: readonly [number, number, number], days: number): number =>
  c0 + days * (c1 + days * c2);

function createProcess(random: Random, { phi1, phi2, variance }: AutoregressiveProcess): () => number {
  const deviation = Math.sqrt(variance);
  let last = 0;
  let beforeLast = 0;
  const next = (): number => {
    const value = phi1 * last + phi2 * beforeLast + random.normal(0, deviation);
    beforeLast = last;
    last = value;
    return value;
  };
  for (let step = 0; step < WARM_UP_STEPS; step += 1) next();
  return next;
}
