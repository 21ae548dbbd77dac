import { type Explanation, explanation } from '#base/explanation';
import type { Fraction, MgPerDl, Minutes } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { effectOf } from '../effect.ts';
import { numberInput } from '../input.ts';
import type { RehearsedGlucose, TherapyChange } from '../rehearse.ts';
import type { CommandRequest } from '../request.ts';

/** Largest probability, at any step of the forecast, that glucose is past the threshold. */
export interface GlucoseRisk {
  readonly thresholdMgPerDl: MgPerDl;
  readonly maxProbability: Fraction;
}

export interface RehearsalSetting {
  readonly kind: 'rehearsal';
  readonly horizonMin: Minutes;
  /** Judged for what adds insulin: below each threshold. */
  readonly low: readonly GlucoseRisk[];
  /** Judged for what withholds insulin or contains: above each threshold. */
  readonly high: readonly GlucoseRisk[];
}

/**
 * Carries the command out on a fork of the twin. What adds insulin is refused when the twin cannot predict; what withholds or
 * contains is not: it is asked for just when the view is lost.
 */
export const rehearsal: Check<RehearsalSetting> = {
  statement:
    'a command is carried out on a fork of the twin first, and refused where the forecast leaves the safe range',
  cost: 'a bolus is refused when the forecast is too uncertain to tell',
  judge(request, context, setting) {
    const effect = effectOf(request, context);
    const change = changeOf(request, setting.horizonMin);
    if (effect === 'none' || change === undefined) return PASSED;
    const forecast = context.rehearse(context.twin, change, setting.horizonMin);
    if (effect === 'adds')
      return forecast === undefined
        ? [explanation('rehearsal: the twin cannot predict glucose')]
        : judgeLow(forecast, setting.low);
    if (forecast === undefined) return PASSED;
    const high = judgeHigh(forecast, setting.high);
    if (high.length === 0) return PASSED;
    // Containment is no remedy for glucose that rises anyway, but neither is refusing it.
    const present = context.rehearse(context.twin, { kind: 'none' }, setting.horizonMin);
    return present !== undefined && judgeHigh(present, setting.high).length > 0 ? PASSED : high;
  },
};

/** Undefined for what a fork cannot carry out: judged by other checks. */
function changeOf(request: CommandRequest, horizonMin: Minutes): TherapyChange | undefined {
  switch (request.action) {
    case 'bolus':
      return { kind: 'bolus', units: numberInput(request, 'units') };
    case 'setTemporaryBasal':
      return {
        kind: 'temporary-basal',
        rate: numberInput(request, 'rate'),
        durationMin: numberInput(request, 'durationMin'),
      };
    case 'suspend':
      return { kind: 'suspend', durationMin: horizonMin };
    case 'resume':
    case 'fallBackToSafeBasal':
    case 'revokeLink':
      return { kind: 'profile-basal' };
    default:
      return undefined;
  }
}

function judgeLow(forecast: RehearsedGlucose, risks: readonly GlucoseRisk[]): readonly Explanation[] {
  return judge(forecast, risks, 'below', (z) => normalCdf(-z));
}

function judgeHigh(forecast: RehearsedGlucose, risks: readonly GlucoseRisk[]): readonly Explanation[] {
  return judge(forecast, risks, 'above', normalCdf);
}

/** `probability` of the mean's distance to the threshold in standard deviations. */
function judge(
  forecast: RehearsedGlucose,
  risks: readonly GlucoseRisk[],
  side: 'below' | 'above',
  probability: (z: number) => Fraction,
): readonly Explanation[] {
  const reasons: Explanation[] = [];
  for (const { thresholdMgPerDl, maxProbability } of risks) {
    for (let step = 0; step < forecast.mean.length; step += 1) {
      const risk = probability((forecast.mean[step]! - thresholdMgPerDl) / Math.max(1e-6, forecast.deviation[step]!));
      // Written so that a forecast that is not a number refuses.
      if (risk <= maxProbability) continue;
      const minutes = step * forecast.stepMin;
      const statement =
        `rehearsal: glucose ${side} {threshold} mg/dL with probability {risk} in {minutes} min, at most {most}` as const;
      const values = { threshold: thresholdMgPerDl, most: maxProbability };
      reasons.push(explanation(statement, { values, reported: { risk: risk.toFixed(2), minutes } }));
      break;
    }
  }
  return reasons;
}

/** Standard normal distribution function; Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
function normalCdf(z: number): Fraction {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))) *
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI));
  return z >= 0 ? 1 - tail : tail;
}
