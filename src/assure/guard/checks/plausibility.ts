import { MINUTE } from '#base/time';
import type { Fraction, MgPerDl, Minutes, Units } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { carbohydratesSince, outstandingUnits } from '../command-ledger.ts';
import type { GuardContext } from '../context.ts';
import { numberInput } from '../input.ts';
import { reportedNumber } from '../reported.ts';
import { therapyEffect } from '../therapy-effect.ts';

/** How far a bolus may exceed what glucose and carbohydrates call for. */
export interface PlausibilitySetting {
  readonly kind: 'plausibility';
  /** Below it nothing that adds insulin is permitted. */
  readonly minGlucoseMgPerDl: MgPerDl;
  readonly carbohydrateWindowMin: Minutes;
  readonly toleranceUnits: Units;
  readonly tolerance: Fraction;
}

export const plausibility: Check<PlausibilitySetting> = {
  statement: 'insulin is added only above a glucose floor, and a bolus is one that glucose or carbohydrates call for',
  cost: 'a bolus for a meal that was not announced to the handset has to be given there',
  judge(request, context, setting) {
    const { twin } = context;
    if (therapyEffect(request, twin) !== 'adds-insulin') return PASSED;
    const glucose = reportedNumber(twin, 'cgm', 'glucose');
    if (glucose === undefined) return ['plausibility: glucose is not known'];
    if (glucose < setting.minGlucoseMgPerDl)
      return [`plausibility: glucose \`${glucose}\` mg/dL is below ${setting.minGlucoseMgPerDl} mg/dL`];
    if (request.action !== 'bolus') return PASSED;

    const units = numberInput(request, 'units');
    const need = calledFor(context, glucose, setting);
    if (need === undefined) return ['plausibility: carbohydrate ratio, correction factor or target is not known'];
    const most = need * (1 + setting.tolerance) + setting.toleranceUnits;
    if (units <= most) return PASSED;
    return [`plausibility: \`${units}\` [iU] where glucose and carbohydrates call for ${need.toFixed(2)} [iU]`];
  },
};

/**
 * The usual bolus calculation: carbohydrates by ratio, plus correction to target, less insulin on board and on its way. A
 * carbohydrate ratio smaller than the commissioned one, which asks for more insulin, does not count: the handset may have
 * been tampered with.
 */
function calledFor(context: GuardContext, glucose: MgPerDl, setting: PlausibilitySetting): Units | undefined {
  const { twin, ledger, now } = context;
  const reportedRatio = reportedNumber(twin, 'handset', 'carbRatio');
  const correction = reportedNumber(twin, 'handset', 'correctionFactor');
  const target = reportedNumber(twin, 'handset', 'targetGlucose');
  const ratio = Math.max(reportedRatio ?? 0, twin.commissioned?.carbRatio ?? 0);
  if (!(ratio > 0) || correction === undefined || !(correction > 0) || target === undefined) return undefined;
  const carbohydrates = carbohydratesSince(ledger, now - setting.carbohydrateWindowMin * MINUTE);
  const onBoard = Math.max(0, reportedNumber(twin, 'handset', 'insulinOnBoard') ?? 0) + outstandingUnits(ledger);
  return Math.max(0, carbohydrates / ratio + (glucose - target) / correction - onBoard);
}
