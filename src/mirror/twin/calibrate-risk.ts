import { MINUTE, type Millis } from '#base/time';
import type { MgPerDl } from '#base/units';
import type { DeviceMessage } from '#mirror/channel/device-message';
import { carriedOn } from './commanded.ts';
import type { CommissionedModel } from './commissioned-model.ts';
import { ESTIMATOR_STEP_MIN } from './estimator.ts';
import type { Forecast } from './fork.ts';
import { HAZARDS, type Hazard, readLevel } from './hazard.ts';
import { courseOf, minuteOfDay } from './hazard-risk.ts';
import { nearness } from './nearness.ts';
import { hasSettled } from './open-loop.ts';
import { expectedReading } from './reading-forecast.ts';
import { RISK_HORIZON_MIN, type RiskScores, SPACING_MIN } from './risk-scores.ts';
import { applyMessage, createTwin } from './twin.ts';

/** Ten days of forecasts a quarter of an hour apart; of a longer period the last ones. */
const MOST_SCORES = 960;
/** Fewer forecasts than a day's and a half say nothing: no risk is stated. */
const FEWEST_SCORES = 144;
/** Readings come every five minutes give or take seconds. */
const SLACK: Millis = MINUTE;
const SPACING: Millis = SPACING_MIN * MINUTE - SLACK;
const HORIZON: Millis = RISK_HORIZON_MIN * MINUTE;
/** A window with fewer readings has gaps in which its extreme may have been. */
const FEWEST_READINGS = 0.9 * (RISK_HORIZON_MIN / ESTIMATOR_STEP_MIN);
/** Scores are kept to the nearest sixty-fourth: more says nothing, and the record stays small. */
const SCORE_STEPS = 64;

interface Window {
  readonly from: Millis;
  readonly course: Forecast;
  lowest: MgPerDl;
  highest: MgPerDl;
  readings: number;
}

/**
 * Scores of the forecasts of an attack-free period: how near each had come to the lowest and the highest glucose of the four
 * hours that followed. Split conformal prediction on the minimum and the maximum, the forecast being made as `hazardRisks` makes
 * it. Undefined where there are too few.
 *
 * Nobody knows the true glucose of those days. A reading is taken for it once the filter has removed the sensor's white error;
 * the coloured error counts once, as it does when a risk is stated: there it is in the estimate from which the forecast starts,
 * here in the reading against which it is held. What a sensor reads wrong for days on end no reading tells; see `readLevel`.
 */
export function calibrateRisk(
  messages: Iterable<DeviceMessage>,
  model: Omit<CommissionedModel, 'risk'>,
): RiskScores | undefined {
  const done: Window[] = [];
  let open: Window[] = [];
  let twin = createTwin('', model);
  for (const message of messages) {
    const before = twin.predicted?.readAt;
    twin = applyMessage(twin, message).twin;
    const { predicted: state } = twin;
    if (state === undefined || state.readAt === before) continue;
    const shown = expectedReading(state.estimate);
    for (const window of open) take(window, state.readAt, shown);
    done.push(...open.filter(({ from }) => state.readAt - from >= HORIZON - SLACK));
    open = open.filter(({ from }) => state.readAt - from < HORIZON - SLACK);
    const last = open.at(-1)?.from ?? Number.NEGATIVE_INFINITY;
    if (!hasSettled(state.forecasts, state.at) || state.at - last < SPACING) continue;
    const course = courseOf(twin, [carriedOn(twin)]);
    if (course === undefined) continue;
    open.push({ from: state.at, course, lowest: Infinity, highest: -Infinity, readings: 0 });
  }
  const kept = done.filter((window) => window.readings >= FEWEST_READINGS).slice(-MOST_SCORES);
  return kept.length < FEWEST_SCORES ? undefined : scoresOf(kept);
}

function scoresOf(windows: readonly Window[]): RiskScores {
  const nearTo = (side: Hazard['side'], levelOf: (window: Window) => MgPerDl): readonly number[] =>
    windows.map((window) => rounded(nearness(window.course, side, levelOf(window))));
  return {
    minuteOfDay: windows.map(({ from }) => minuteOfDay(from)),
    near: Object.fromEntries(HAZARDS.map((hazard) => [hazard.situation, nearTo(hazard.side, () => readLevel(hazard))])),
    lowest: nearTo('below', ({ lowest }) => lowest),
    highest: nearTo('above', ({ highest }) => highest),
  };
}

function take(window: Window, at: Millis, glucose: MgPerDl): void {
  if (at - window.from > HORIZON + SLACK) return;
  window.lowest = Math.min(window.lowest, glucose);
  window.highest = Math.max(window.highest, glucose);
  window.readings += 1;
}

/** Never -0, which no text form of a record keeps. */
const rounded = (score: number): number => Math.round(score * SCORE_STEPS) / SCORE_STEPS + 0;
