import { HOUR, MINUTE, type Millis } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import { createGlucoseTrend } from '../glucose-trend.ts';

/**
 * Predictive low-glucose suspend after the published rules of Tandem's Basal-IQ (PROLOG study, Forlenza 2018, Diabetes Care
 * 41:2155): basal stops below 70 mg/dL or when 80 mg/dL is predicted within 30 min; it resumes when a reading is higher than
 * the one before and no low is predicted, when readings are missing, or after 2 h, and then stays on for at least 30 min.
 */
export interface LowGlucoseSuspend {
  observe(glucose: MgPerDl, now: Millis): void;
  isSuspending(now: Millis): boolean;
}

export const SUSPEND_BELOW: MgPerDl = 70;
export const SUSPEND_PREDICTED_BELOW: MgPerDl = 80;
export const PREDICTION: Minutes = 30;
export const LONGEST_SUSPENSION: Millis = 2 * HOUR;
export const REFRACTORY: Millis = 30 * MINUTE;
const READINGS_MISSING: Millis = 20 * MINUTE;

export function createLowGlucoseSuspend(): LowGlucoseSuspend {
  const trend = createGlucoseTrend();
  let suspendedAt: Millis | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;

  const isLow = (glucose: MgPerDl): boolean =>
    glucose < SUSPEND_BELOW || (trend.predict(PREDICTION) ?? glucose) < SUSPEND_PREDICTED_BELOW;

  return {
    observe(glucose, now) {
      trend.push(glucose, now);
      if (suspendedAt === undefined) {
        if (now >= notBefore && isLow(glucose)) suspendedAt = now;
        return;
      }
      const previous = trend.previous();
      if (previous !== undefined && glucose > previous.glucose && !isLow(glucose)) suspendedAt = undefined;
    },

    isSuspending(now) {
      if (suspendedAt === undefined) return false;
      const latest = trend.latest();
      if (now - suspendedAt >= LONGEST_SUSPENSION) {
        suspendedAt = undefined;
        notBefore = now + REFRACTORY;
      } else if (latest !== undefined && now - latest.at > READINGS_MISSING) {
        suspendedAt = undefined;
      }
      return suspendedAt !== undefined;
    },
  };
}
