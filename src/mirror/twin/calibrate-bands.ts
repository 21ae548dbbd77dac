import { MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import type { CommissionedModel, ForecastBands } from './commissioned-model.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import { RUN_IN } from './identify.ts';
import { project } from './project.ts';
import { expectedReading, readingDeviation } from './reading-forecast.ts';
import { applyMessage, createTwin, newReading, type Twin } from './twin.ts';

/** Horizons at which the band is fitted. */
const HORIZONS_MIN: readonly Minutes[] = [15, 30, 60, 90, 120, 180, 240];
const STEPS = 240 / ESTIMATOR_STEP_MIN;
/** Each edge is passed by one reading in twenty. */
const TAIL = 0.05;
/** Fewer forecasts than this say nothing of one in twenty. */
const FEWEST_FORECASTS = 100;

interface Waiting {
  /** Of the estimator's grid. */
  readonly dueAt: number;
  readonly horizon: number;
  readonly expected: number;
  readonly deviation: number;
}

/**
 * Fits the 90 % band of the forecast to the attack-free period: at each horizon the 5 % and 95 % quantiles of how far readings
 * fell from the forecast made then, in its own deviations (split conformal prediction with a tail on each side: Romano,
 * Patterson and Candes, Adv Neural Inf Process Syst 32 (2019)). A body is not of the model, and what makes a forecast wrong is
 * mostly the next meal, which only ever raises glucose: a Gaussian band holds 81 % at two hours.
 *
 * The whole period is used, not only the days that identification has not seen: eight parameters held by their prior do not
 * fit five days, but the quantiles of two days rest on half a dozen meals. Compared on days that neither had seen, two days
 * held 88 % at two hours and the whole period 89 to 90 %, with people differing less. What it comes to on days that were not
 * looked at for the choice: `bench/calibration.ts`.
 *
 * Messages in the order in which they were received. Undefined where there are too few for the shortest horizon.
 */
export function calibrateBands(
  messages: Iterable<DeviceMessage>,
  model: Omit<CommissionedModel, 'bands'>,
): ForecastBands | undefined {
  const residuals = residualsOf(messages, model);
  const fitted = HORIZONS_MIN.findIndex((_, index) => residuals[index]!.length < FEWEST_FORECASTS);
  const count = fitted < 0 ? HORIZONS_MIN.length : fitted;
  if (count === 0) return undefined;
  const sorted = residuals.slice(0, count).map((values) => values.toSorted((a, b) => a - b));
  return {
    horizonsMin: HORIZONS_MIN.slice(0, count),
    low: sorted.map((values) => Math.min(0, values[Math.floor(TAIL * (values.length + 1)) - 1]!)),
    high: sorted.map((values) => Math.max(0, values[Math.ceil((1 - TAIL) * (values.length + 1)) - 1]!)),
  };
}

/** For each horizon how far each reading lay from its forecast, in the forecast's deviations. */
function residualsOf(messages: Iterable<DeviceMessage>, model: Omit<CommissionedModel, 'bands'>): readonly number[][] {
  const residuals: number[][] = HORIZONS_MIN.map(() => []);
  let waiting: Waiting[] = [];
  let twin = createTwin('', model);
  let readings = 0;
  for (const message of messages) {
    const before = twin;
    twin = applyMessage(twin, message).twin;
    const readAt = twin.predicted?.readAt;
    const reading = newReading(before, twin);
    if (reading === undefined || readAt === undefined || readAt === before.predicted?.readAt) continue;
    readings += 1;
    const now = gridOf(readAt);
    for (const { dueAt, horizon, expected, deviation } of waiting) {
      if (dueAt === now) residuals[horizon]!.push((reading.glucose - expected) / deviation);
    }
    waiting = waiting.filter(({ dueAt }) => dueAt > now);
    if (readings > RUN_IN) waiting.push(...forecastsFrom(twin, model.variances.sensorWhite, now));
  }
  return residuals;
}

function forecastsFrom(twin: Twin, sensorWhite: number, now: number): readonly Waiting[] {
  const made: Waiting[] = [];
  project(twin, { kind: 'none' }, STEPS, (index, estimate) => {
    const horizon = HORIZONS_MIN.indexOf((index + 1) * ESTIMATOR_STEP_MIN);
    if (horizon < 0) return;
    const expected = expectedReading(estimate);
    made.push({ dueAt: now + index + 1, horizon, expected, deviation: readingDeviation(estimate, sensorWhite) });
  });
  return made;
}

/** The step of the estimator that an instant belongs to: readings are five minutes apart, give or take seconds. */
const gridOf = (at: Millis): number => Math.round(at / (ESTIMATOR_STEP_MIN * MINUTE));
