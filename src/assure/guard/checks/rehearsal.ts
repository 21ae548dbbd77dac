import { type Explanation, explanation } from '#base/explanation';
import type { Fraction } from '#base/units';
import type { HazardRisk } from '#mirror/twin/hazard-risk';
import { type Check, PASSED } from '../check.ts';
import { effectOf } from '../effect.ts';

/** The greatest probability of a hazardous situation within the horizon that is accepted. */
export interface RiskLimit {
  /** As `riskOf` names it. */
  readonly situation: string;
  readonly maxProbability: Fraction;
}

export interface RehearsalSetting {
  readonly kind: 'rehearsal';
  /** Judged for what adds insulin. */
  readonly adding: readonly RiskLimit[];
  /** Judged for what withholds insulin or contains. */
  readonly withholding: readonly RiskLimit[];
}

/**
 * Asks for the risk of the command and compares it with the policy. What adds insulin is refused when the risk cannot be told;
 * what withholds or contains is not: it is asked for just when the view is lost.
 *
 * INVARIANT: nothing else of a forecast is looked at here. The probability is compared and not the upper end of its interval:
 * it is the one that comes true as often as it says, and how little is known of a person is already in it.
 */
export const rehearsal: Check<RehearsalSetting> = {
  statement: 'a command is refused where its risk of a hazardous situation is above what the policy accepts',
  cost: 'a bolus is refused when the risk is high or cannot be told, though it would have done no harm',
  judge(request, context, setting) {
    const effect = effectOf(request, context);
    if (effect === 'none') return PASSED;
    const risk = context.riskOf(request, context.twin, context.now);
    if (effect === 'adds') return risk === undefined ? [UNTOLD] : exceeded(risk.ifDone, setting.adding).map(reason);
    if (risk === undefined) return PASSED;
    // Containment is no remedy for glucose that rises anyway, but neither is refusing it.
    if (exceeded(risk.ifRefused, setting.withholding).length > 0) return PASSED;
    return exceeded(risk.ifDone, setting.withholding).map(reason);
  },
};

interface Exceeded {
  readonly limit: RiskLimit;
  /** Absent where nothing is told of the situation. */
  readonly risk?: HazardRisk;
}

/** Limits that are not kept. One of which nothing is told, or no number, is not kept. */
function exceeded(risks: readonly HazardRisk[], limits: readonly RiskLimit[]): readonly Exceeded[] {
  return limits.flatMap((limit) => {
    const risk = risks.find(({ situation }) => situation === limit.situation);
    if (risk === undefined) return [{ limit }];
    return risk.probability <= limit.maxProbability ? [] : [{ limit, risk }];
  });
}

const UNTOLD = explanation(
  'rehearsal: the risk cannot be told: wait until glucose was read for three hours and within 15 min, or commission the twin anew',
);

function reason({ limit, risk }: Exceeded): Explanation {
  const { situation, maxProbability } = limit;
  if (risk === undefined)
    return explanation('rehearsal: no risk is told of {situation}: name another in the policy', {
      values: { situation },
    });
  const { probability, low, high } = risk;
  return explanation(
    'rehearsal: {situation} with probability {probability} ({low} to {high}), at most {maxProbability}',
    {
      values: { situation, maxProbability },
      reported: { probability, low, high },
    },
  );
}
