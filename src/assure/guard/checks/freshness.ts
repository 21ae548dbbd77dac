import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { ageOf } from '../reported.ts';
import { therapyEffect } from '../therapy-effect.ts';

export interface FreshnessSetting {
  readonly kind: 'freshness';
  readonly maxPumpAgeMin: Minutes;
  readonly maxGlucoseAgeMin: Minutes;
}

/** Only what adds insulin needs a fresh view: a suspend or a fallback is asked for just when the view is lost. */
export const freshness: Check<FreshnessSetting> = {
  statement: 'insulin is added only on a recent report of the pump and a recent glucose reading',
  cost: 'no remote bolus while the patient is out of reach',
  judge(request, context, setting) {
    const { twin, now } = context;
    if (therapyEffect(request, twin) !== 'adds-insulin') return PASSED;
    const reasons: string[] = [];
    const pumpAge = ageOf(twin, 'pump', 'bolusDelivered', now) / MINUTE;
    const glucoseAge = ageOf(twin, 'cgm', 'glucose', now) / MINUTE;
    if (!(pumpAge <= setting.maxPumpAgeMin))
      reasons.push(`freshness: pump report is \`${pumpAge.toFixed(0)}\` min old`);
    if (!(glucoseAge <= setting.maxGlucoseAgeMin))
      reasons.push(`freshness: glucose reading is \`${glucoseAge.toFixed(0)}\` min old`);
    return reasons;
  },
};
