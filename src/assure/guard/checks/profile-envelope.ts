import type { Fraction, UnitsPerHour } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { numbersInput } from '../input.ts';
import { reportedNumbers } from '../reported.ts';

/** Bounds of a new basal profile against the one in use when the twin was commissioned, in both directions. */
export interface ProfileEnvelopeSetting {
  readonly kind: 'profile-envelope';
  readonly maxRateUnitsPerHour: UnitsPerHour;
  /** Largest relative change of the day's total. */
  readonly maxDailyChange: Fraction;
}

export const profileEnvelope: Check<ProfileEnvelopeSetting> = {
  statement: 'a basal profile has 24 rates within bounds, and its total is near the commissioned one',
  cost: 'a large change of therapy takes several steps, or the pump itself',
  judge(request, context, setting) {
    if (request.action !== 'setBasalProfile') return PASSED;
    const rates = numbersInput(request, 'rates');
    const known = context.twin.commissioned?.basalProfile ?? reportedNumbers(context.twin, 'pump', 'basalProfile');
    if (known === undefined || known.length === 0) return ['profile: no profile is known to compare with'];

    const reasons: string[] = [];
    if (rates.length !== 24) reasons.push(`profile: \`${rates.length}\` rates, not 24`);
    const unfit = rates.find((rate) => rate < 0 || rate > setting.maxRateUnitsPerHour);
    if (unfit !== undefined) reasons.push(`profile: \`${unfit}\` [iU]/h is not in 0 to ${setting.maxRateUnitsPerHour}`);
    const change = sum(rates) / sum(known) - 1;
    if (!(Math.abs(change) <= setting.maxDailyChange))
      reasons.push(
        `profile: changes the day's total by \`${(100 * change).toFixed(0)}\` %, above ${100 * setting.maxDailyChange} %`,
      );
    return reasons;
  },
};

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
