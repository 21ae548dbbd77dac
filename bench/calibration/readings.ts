import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { CommissionedModel } from '#mirror/twin/commissioned-model';
import { forecastReadings } from '#mirror/twin/reading-forecast';
import { applyMessage, createTwin, newReading, type Twin } from '#mirror/twin/twin';

/** How the readings of one person's days fell about the forecasts made that long before. */
export interface Band {
  readonly inside: number;
  readonly below: number;
  readonly above: number;
  /** Within the band that the model would give without calibration. */
  readonly gaussian: number;
  readonly count: number;
  /** Sums over all: width of the band, mg/dL, and squared error of the mean. */
  readonly width: MgPerDl;
  readonly square: number;
}

const STEP: Minutes = 5;
/** Nothing is judged while the twin does not know what the body held before: half a day. */
const RUN_IN = 144;

interface Edges {
  readonly mean: MgPerDl;
  readonly low: MgPerDl;
  readonly high: MgPerDl;
}

/** Every reading of every life against the forecasts made `horizons` before it. */
export function judgeForecasts(
  model: CommissionedModel,
  lives: readonly (readonly DeviceMessage[])[],
  horizons: readonly Minutes[],
): ReadonlyMap<Minutes, Band> {
  const { bands: _, ...plain } = model;
  const tallies = new Map(horizons.map((horizon) => [horizon, emptyBand()]));
  for (const messages of lives) {
    const calibrated = horizons.map(() => new Map<number, Edges>());
    const gaussian = horizons.map(() => new Map<number, Edges>());
    eachReading(model, messages, (twin, step, observed, index) => {
      for (const [place, horizon] of horizons.entries()) {
        const then = calibrated[place]!.get(step);
        const without = gaussian[place]!.get(step);
        if (then !== undefined && without !== undefined) count(tallies.get(horizon)!, observed, then, without);
      }
      if (index < RUN_IN) return;
      const longest = Math.max(...horizons);
      const forecast = forecastReadings(twin, { kind: 'none' }, longest)!;
      const other = forecastReadings({ ...twin, commissioned: plain }, { kind: 'none' }, longest)!;
      for (const [place, horizon] of horizons.entries()) {
        const at = horizon / STEP - 1;
        calibrated[place]!.set(step + at + 1, edges(forecast, at));
        gaussian[place]!.set(step + at + 1, edges(other, at));
      }
    });
  }
  return tallies;
}

function eachReading(
  model: CommissionedModel,
  messages: readonly DeviceMessage[],
  each: (twin: Twin, step: number, observed: MgPerDl, index: number) => void,
): void {
  let twin = createTwin('bench', model);
  let index = 0;
  for (const message of messages) {
    const before = twin;
    twin = applyMessage(twin, message).twin;
    const readAt = twin.predicted?.readAt;
    const reading = newReading(before, twin);
    if (reading === undefined || readAt === undefined || readAt === before.predicted?.readAt) continue;
    each(twin, Math.round(readAt / (STEP * MINUTE)), reading.glucose, index);
    index += 1;
  }
}

const edges = (
  { mean, low, high }: { mean: Float64Array; low: Float64Array; high: Float64Array },
  at: number,
): Edges => ({
  mean: mean[at]!,
  low: low[at]!,
  high: high[at]!,
});

type Tally = { -readonly [Name in keyof Band]: Band[Name] };

const emptyBand = (): Tally => ({ inside: 0, below: 0, above: 0, gaussian: 0, count: 0, width: 0, square: 0 });

function count(tally: Tally, observed: MgPerDl, { mean, low, high }: Edges, gaussian: Edges): void {
  tally.count += 1;
  if (observed < low) tally.below += 1;
  else if (observed > high) tally.above += 1;
  else tally.inside += 1;
  if (observed >= gaussian.low && observed <= gaussian.high) tally.gaussian += 1;
  tally.width += high - low;
  tally.square += (observed - mean) ** 2;
}
