import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { IdentifiedParameters, IdentifiedVariances } from './commissioned-model.ts';
import type { Decays } from './decays.ts';
import { doubles } from './doubles.ts';
import { DRIVEN } from './glucose-model.ts';
import { COLOUR, COVARIANCE, createLinearisation, ESTIMATE, GLUCOSE, predict } from './kalman.ts';

/**
 * Forecasts that started hours ago and have since followed reported insulin and announced carbohydrates only. The adaptive
 * filter follows whatever the readings do and so hides a slow attack; these do not.
 */

/** A forecast against the reading. */
export interface OpenLoopResidual {
  readonly horizonMin: Minutes;
  readonly predicted: MgPerDl;
  /** Sensor included, (mg/dL)^2. */
  readonly variance: number;
  readonly normalised: number;
}

/** A new forecast starts at this spacing and is judged from `FORECASTS - 1` to `FORECASTS` of it later: 150 to 180 min. */
const SPACING: Millis = 30 * MINUTE;
const FORECASTS = 6;

/** One forecast: its start, then its estimate. */
const FORECAST = 1 + ESTIMATE;
export const OPEN_LOOP = FORECASTS * FORECAST;

const scratch = createLinearisation();
const working = doubles(ESTIMATE);

/** Moves every forecast to the estimate's time; the estimate's driven block holds what was reported. */
export function followForecasts(
  forecasts: number[],
  estimate: readonly number[],
  parameters: IdentifiedParameters,
  variances: IdentifiedVariances,
  decays: Decays,
): void {
  for (let slot = 0; slot < FORECASTS; slot += 1) {
    const base = slot * FORECAST;
    if (forecasts[base] === 0) continue;
    for (let index = DRIVEN; index < ESTIMATE; index += 1) working[index] = forecasts[base + 1 + index]!;
    for (let index = 0; index < DRIVEN; index += 1) working[index] = estimate[index]!;
    predict(working, parameters, variances, decays, scratch);
    for (let index = 0; index < ESTIMATE; index += 1) forecasts[base + 1 + index] = working[index]!;
  }
}

/** Whether the estimate has followed the devices for two and a half hours: what insulin still acts is known by then. */
export function hasSettled(forecasts: readonly number[], at: Millis): boolean {
  for (let slot = 0; slot < FORECASTS; slot += 1) if (isOld(forecasts[slot * FORECAST]!, at)) return true;
  return false;
}

const isOld = (started: Millis, at: Millis): boolean => started !== 0 && at - started >= (FORECASTS - 1) * SPACING;

/** The oldest forecast against a reading, once it is old enough. */
export function residual(
  forecasts: readonly number[],
  variances: IdentifiedVariances,
  at: Millis,
  observed: MgPerDl,
): OpenLoopResidual | undefined {
  for (let slot = 0; slot < FORECASTS; slot += 1) {
    const base = slot * FORECAST;
    const started = forecasts[base]!;
    if (!isOld(started, at)) continue;
    const c = base + 1 + COVARIANCE;
    const variance =
      forecasts[c]! + 2 * forecasts[c + 3]! + forecasts[c + 9]! + variances.sensorWhite * variances.sensorWhite;
    const predicted = forecasts[base + 1 + GLUCOSE]! + forecasts[base + 1 + COLOUR]!;
    const normalised = (observed - predicted) / Math.sqrt(variance);
    return { horizonMin: (at - started) / MINUTE, predicted, variance, normalised };
  }
  return undefined;
}

/** Starts a forecast from the corrected estimate when `(from, to]` holds a grid point, over the oldest. */
export function openForecast(forecasts: number[], estimate: readonly number[], from: Millis, to: Millis): void {
  const index = Math.floor(to / SPACING);
  if (index === Math.floor(from / SPACING)) return;
  const base = (index % FORECASTS) * FORECAST;
  forecasts[base] = to;
  for (let index = 0; index < ESTIMATE; index += 1) forecasts[base + 1 + index] = estimate[index]!;
}
