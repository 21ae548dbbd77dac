import type { MgPerDl, Minutes, Units, UnitsPerHour } from '#base/units';
import type { HandsetSettings } from '../settings.ts';

/**
 * Basal by proportional, integral and derivative action around the profile, restrained by insulin on board, in the manner of
 * the PID with insulin feedback of Steil 2011 (J Clin Endocrinol Metab 96:1402): insulin that has not acted yet is taken off
 * what is asked for.
 */
export interface PidInput {
  readonly glucose: MgPerDl;
  /** mg/dL per minute */
  readonly slope: number;
  /** Net of the basal profile. */
  readonly insulinOnBoard: Units;
  readonly profileRate: UnitsPerHour;
  /** Sum of past errors times their duration, mg/dL min. */
  readonly integral: number;
  /** Since the last decision. */
  readonly elapsed: Minutes;
  readonly totalDailyInsulin: Units;
}

export interface PidDecision {
  readonly rate: UnitsPerHour;
  readonly integral: number;
}

/** All that was tuned. Gains scale with the person: a unit acts the less, the more insulin she needs a day. */
export const PID_TUNING = {
  /** Units per hour for each mg/dL, per unit of total daily insulin. */
  proportional: 0.000_35,
  /** Minutes that the derivative looks ahead. */
  lookAhead: 30,
  /** Minutes in which the integral repeats the proportional action. */
  integralTime: 480,
  /** Bound of the integral action, in multiples of the profile rate. */
  mostIntegral: 0.5,
  /** 1/h: how much insulin on board takes off the rate. */
  insulinFeedback: 0.3,
  /** Basal stops when this is predicted within `lookAhead`. */
  suspendBelow: 80,
  /** Multiple of the profile rate. */
  mostBasal: 4,
} as const;

export function pidBasal(input: PidInput, settings: HandsetSettings): PidDecision {
  const { glucose, slope, insulinOnBoard, profileRate, elapsed, totalDailyInsulin } = input;
  const gain = PID_TUNING.proportional * totalDailyInsulin;
  const error = glucose - settings.targetGlucose;
  const most = Math.min(PID_TUNING.mostBasal * profileRate, settings.maxBasal);
  const predicted = glucose + slope * PID_TUNING.lookAhead;
  if (predicted < PID_TUNING.suspendBelow) return { rate: 0, integral: Math.min(input.integral, 0) };

  const longest = (PID_TUNING.mostIntegral * profileRate * PID_TUNING.integralTime) / gain;
  const summed = Math.min(Math.max(input.integral + error * elapsed, -longest), longest);
  const proposed =
    profileRate +
    gain * (error + slope * PID_TUNING.lookAhead + summed / PID_TUNING.integralTime) -
    PID_TUNING.insulinFeedback * Math.max(0, insulinOnBoard);
  const allowed = insulinOnBoard >= settings.maxInsulinOnBoard ? Math.min(most, profileRate) : most;
  const rate = Math.min(Math.max(proposed, 0), allowed);
  // Anti-windup: while the rate is at a bound the integral may only move away from it.
  const isSaturated = (proposed > allowed && error > 0) || (proposed < 0 && error < 0);
  return { rate, integral: isSaturated ? input.integral : summed };
}
