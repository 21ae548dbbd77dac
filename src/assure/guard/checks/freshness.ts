import { type Explanation, explanation } from '#base/explanation';
import { MINUTE } from '#base/time';
import type { Minutes } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { effectOf } from '../effect.ts';
import { ageOf } from '../reported.ts';

export interface FreshnessSetting {
  readonly kind: 'freshness';
  readonly maxPumpAgeMin: Minutes;
  readonly maxGlucoseAgeMin: Minutes;
}

/** Only what adds insulin needs a fresh view: a fallback is asked for just when the view is lost. */
export const freshness: Check<FreshnessSetting> = {
  statement: 'insulin is added only on a recent report of the device that delivers it and a recent glucose reading',
  cost: 'no remote bolus while the patient is out of reach',
  judge(request, context, { maxPumpAgeMin, maxGlucoseAgeMin }) {
    const { twin, now } = context;
    if (effectOf(request, context) !== 'adds') return PASSED;
    const reasons: Explanation[] = [];
    const deviceAge = ageOf(twin, request.thing, 'bolusDelivered', now) / MINUTE;
    const glucoseAge = ageOf(twin, 'cgm', 'glucose', now) / MINUTE;
    if (!(deviceAge <= maxPumpAgeMin)) {
      const values = { thing: request.thing, age: minutes(deviceAge) };
      reasons.push(explanation('freshness: report of {thing} is {age} min old', { values }));
    }
    if (!(glucoseAge <= maxGlucoseAgeMin)) {
      reasons.push(
        explanation('freshness: glucose reading is {age} min old', { values: { age: minutes(glucoseAge) } }),
      );
    }
    return reasons;
  },
};

const minutes = (age: Minutes): string => age.toFixed(0);
