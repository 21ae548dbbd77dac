import { DAY, MINUTE, type Millis } from '#base/time';
import type { Minutes } from '#base/units';
import { carriedOn, outstanding } from './commanded.ts';
import { type Forecast, forecast } from './fork.ts';
import { HAZARDS, type Hazard, readLevel } from './hazard.ts';
import type { Change } from './hypothesis.ts';
import { nearness } from './nearness.ts';
import { hasSettled } from './open-loop.ts';
import { type Experience, RISK_HORIZON_MIN, type RiskScores, type Stated, stateRisk } from './risk-scores.ts';
import { INSULIN_PUMP, type Twin } from './twin.ts';

/** How probable a hazardous situation is within the horizon. */
export interface HazardRisk extends Stated {
  /** Its name, `below-70` for example. */
  readonly situation: string;
}

/** An estimate that rests on an older reading, or on an older report of the pump, tells no risk. */
const OLDEST: Millis = 15 * MINUTE;

/**
 * The risk of each hazardous situation when the pump carries on, does what it was commanded, and `changes` are made besides.
 * Undefined where it cannot be told: the model has no scores, there is no estimate, the last reading or what the pump delivered is
 * older than 15 min, or readings were not followed long enough to know what insulin still acts. Pure; the twin stays as it is.
 */
export function hazardRisks(twin: Twin, changes: readonly Change[], now: Millis): readonly HazardRisk[] | undefined {
  const { commissioned, predicted: state } = twin;
  const risk = commissioned?.risk;
  if (risk === undefined || state === undefined) return undefined;
  const delivered = twin.reported[INSULIN_PUMP]?.['bolusDelivered'];
  if (delivered === undefined || !isRecent(Math.min(delivered.at, delivered.receivedAt), now)) return undefined;
  if (!isRecent(state.readAt, now) || !hasSettled(state.forecasts, state.at)) return undefined;
  const unchanged = courseOf(twin, [carriedOn(twin)]);
  const changed = courseOf(twin, [carriedOn(twin), ...outstanding(twin, now), ...changes]);
  if (unchanged === undefined || changed === undefined) return undefined;
  const told: HazardRisk[] = [];
  const shallower: { below?: Stated; above?: Stated } = {};
  for (const hazard of HAZARDS) {
    const { situation, side } = hazard;
    if (!Object.hasOwn(risk.near, situation)) continue;
    const level = readLevel(hazard);
    const approach = {
      minuteOfDay: minuteOfDay(state.at),
      unchanged: nearness(unchanged, side, level),
      changed: nearness(changed, side, level, unchanged),
    };
    // Who is deeper was in the shallower situation before: never more probable, though each is told from its own experience.
    shallower[side] = lesser(stateRisk(experienceOf(risk, hazard), approach), shallower[side]);
    told.push({ situation, ...shallower[side] });
  }
  return told;
}

/** Written so that an age that is not a number is none. */
const isRecent = (at: Millis, now: Millis): boolean => now - at >= 0 && now - at <= OLDEST;

const lesser = (one: Stated, other: Stated | undefined): Stated =>
  other !== undefined && other.probability < one.probability ? other : one;

/** Glucose over the horizon with all changes beginning at once. */
export function courseOf(twin: Twin, changes: readonly Change[]): Forecast | undefined {
  const timed = changes.map((change) => ({ startMin: 0, change }));
  return forecast(twin, { kind: 'combined', changes: timed }, RISK_HORIZON_MIN);
}

export const minuteOfDay = (at: Millis): Minutes => Math.floor((at % DAY) / MINUTE);

const experienceOf = ({ minuteOfDay, near, lowest, highest }: RiskScores, hazard: Hazard): Experience => ({
  minuteOfDay,
  near: near[hazard.situation]!,
  scores: hazard.side === 'below' ? lowest : highest,
});
