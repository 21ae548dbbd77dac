import type { MgPerDl } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { reportedNumber } from '../reported.ts';
import { therapyEffect } from '../therapy-effect.ts';

export interface WithholdingSetting {
  readonly kind: 'withholding';
  readonly maxGlucoseMgPerDl: MgPerDl;
}

/** A suspend has no end of its own: for whoever forgets it, or means harm, it lasts until somebody notices. */
export const withholding: Check<WithholdingSetting> = {
  statement: 'a person withholds insulin from afar only while glucose is not high',
  cost: 'a suspend for another reason than glucose has to be made at the pump',
  judge(request, context, setting) {
    if (request.origin === 'playbook' || therapyEffect(request, context.twin) !== 'withholds-insulin') return PASSED;
    const glucose = reportedNumber(context.twin, 'cgm', 'glucose');
    if (glucose === undefined || glucose <= setting.maxGlucoseMgPerDl) return PASSED;
    return [`withholding: glucose \`${glucose}\` mg/dL is above ${setting.maxGlucoseMgPerDl} mg/dL`];
  },
};
