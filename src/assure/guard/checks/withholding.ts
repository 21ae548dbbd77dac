import { explanation } from '#base/explanation';
import { MINUTE } from '#base/time';
import type { MgPerDl, Minutes } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { effectOf } from '../effect.ts';
import { reportedNumber } from '../reported.ts';

export interface WithholdingSetting {
  readonly kind: 'withholding';
  readonly maxGlucoseMgPerDl: MgPerDl;
  readonly maxGlucoseAgeMin: Minutes;
}

/**
 * A suspend has no end of its own: for whoever forgets it, or means harm, it lasts until somebody notices. Glucose that nobody
 * knows, or knew too long ago, is no reason to refuse it: a suspend is asked for just when the view is lost.
 */
export const withholding: Check<WithholdingSetting> = {
  statement: 'a person withholds insulin from afar only while glucose is not high',
  cost: 'a suspend for another reason than glucose has to be made at the pump',
  judge(request, context, { maxGlucoseMgPerDl, maxGlucoseAgeMin }) {
    const { twin, now } = context;
    if (request.origin === 'playbook' || effectOf(request, context) !== 'withholds') return PASSED;
    const glucose = reportedNumber(twin, 'cgm', 'glucose', now, maxGlucoseAgeMin * MINUTE);
    if (glucose === undefined || glucose <= maxGlucoseMgPerDl) return PASSED;
    const given = { values: { most: maxGlucoseMgPerDl }, reported: { glucose } };
    return [explanation('withholding: glucose {glucose} mg/dL is above {most} mg/dL', given)];
  },
};
