import { type Explanation, explanation } from '#base/explanation';
import type { Fraction, UnitsPerHour } from '#base/units';
import { deliveryOf } from '#model/thing/delivery';
import { type Check, PASSED } from '../check.ts';

/** Bounds of a new basal profile against the one in use when the twin was commissioned, in both directions. */
export interface ProfileEnvelopeSetting {
  readonly kind: 'profile-envelope';
  readonly maxRateUnitsPerHour: UnitsPerHour;
  /** Largest relative change of the day's total. */
  readonly maxDailyChange: Fraction;
}

const RATES = 24;

/**
 * Judges what runs without an end. INVARIANT: compares with what was commissioned and with nothing that was changed since, or
 * many small changes would be bounded one by one and their sum by nothing.
 */
export const profileEnvelope: Check<ProfileEnvelopeSetting> = {
  statement: 'a basal profile has 24 rates within bounds, and its total is near the commissioned one',
  cost: 'a large change of therapy needs a commissioning, or the pump itself; before the first one no profile is changed from afar',
  judge({ input }, { affordance, twin }, setting) {
    const delivery = deliveryOf(affordance, input);
    if (delivery?.kind !== 'endless') return PASSED;
    const { maxRateUnitsPerHour: most, maxDailyChange } = setting;
    const known = twin.commissioned?.basalProfile ?? [];
    if (known.length === 0)
      return [explanation('profile: the twin was not commissioned with a profile to compare with')];

    const reasons: Explanation[] = [];
    const asked = input[affordance.amount!];
    const rates: readonly number[] = typeof asked === 'object' ? asked : [];
    if (rates.length !== RATES)
      reasons.push(explanation('profile: {count} rates, not 24', { values: { count: rates.length } }));
    const unfit = rates.find((rate) => !(rate >= 0 && rate <= most));
    if (unfit !== undefined)
      reasons.push(explanation('profile: {unfit} [iU]/h is not in 0 to {most}', { values: { unfit, most } }));
    const change = delivery.quantity / mean(known) / RATES - 1;
    if (!(Math.abs(change) <= maxDailyChange)) {
      const given = { values: { most: 100 * maxDailyChange }, reported: { percent: (100 * change).toFixed(0) } };
      reasons.push(explanation("profile: changes the day's total by {percent} %, above {most} %", given));
    }
    return reasons;
  },
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
