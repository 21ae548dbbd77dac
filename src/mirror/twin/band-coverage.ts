import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { CommissionedModel } from './commissioned-model.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { forecastReadings } from './reading-forecast.ts';
import { applyMessage, createTwin } from './twin.ts';

/** Where readings fell about the 90 % band that was forecast for them so long before. */
export interface BandCoverage {
  readonly horizonMin: Minutes;
  readonly readings: number;
  readonly inside: number;
  readonly below: number;
  readonly above: number;
}

interface Edges {
  readonly low: MgPerDl;
  readonly high: MgPerDl;
}

/** Nothing is judged while the twin does not know what the body held before: half a day of readings. */
const RUN_IN = (12 * 60) / ESTIMATOR_STEP_MIN;

/**
 * Lives through messages once more and holds every reading against what was forecast of it: whether the band keeps its word for this
 * person. On days that the model was not identified from this says how far the band may be believed. Messages in the order received;
 * horizons are multiples of the estimator's step.
 */
export function bandCoverage(
  messages: Iterable<DeviceMessage>,
  model: CommissionedModel,
  horizonsMin: readonly Minutes[],
): readonly BandCoverage[] {
  const tallies = horizonsMin.map((horizonMin) => ({ horizonMin, readings: 0, inside: 0, below: 0, above: 0 }));
  /** By horizon and by the step that the forecast is of. */
  const expected = horizonsMin.map(() => new Map<number, Edges>());
  const longest = Math.max(...horizonsMin);
  let twin = createTwin('', model);
  let readings = 0;
  for (const message of messages) {
    const applied = applyMessage(twin, message);
    twin = applied.twin;
    if (applied.innovation === undefined) continue;
    const { at, observed } = applied.innovation;
    const step = Math.round(at / (ESTIMATOR_STEP_MIN * MINUTE));
    for (const [index, tally] of tallies.entries()) {
      const edges = expected[index]!.get(step);
      expected[index]!.delete(step);
      if (edges !== undefined) count(tally, observed, edges);
    }
    readings += 1;
    const forecast = readings < RUN_IN ? undefined : forecastReadings(twin, { kind: 'none' }, longest);
    if (forecast === undefined) continue;
    for (const [index, horizonMin] of horizonsMin.entries()) {
      const ahead = horizonMin / ESTIMATOR_STEP_MIN;
      expected[index]!.set(step + ahead, { low: forecast.low[ahead - 1]!, high: forecast.high[ahead - 1]! });
    }
  }
  return tallies;
}

type Tally = { -readonly [Name in keyof BandCoverage]: BandCoverage[Name] };

function count(tally: Tally, observed: MgPerDl, { low, high }: Edges): void {
  tally.readings += 1;
  if (observed < low) tally.below += 1;
  else if (observed > high) tally.above += 1;
  else tally.inside += 1;
}
