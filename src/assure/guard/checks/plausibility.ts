import { explanation } from '#base/explanation';
import { MINUTE } from '#base/time';
import type { Fraction, MgPerDl, Minutes, Units } from '#base/units';
import { deliveryOf } from '#model/thing/delivery';
import { type Check, PASSED } from '../check.ts';
import { carbohydratesSince, outstandingWithin } from '../command-ledger.ts';
import type { GuardContext } from '../context.ts';
import { effectOf } from '../effect.ts';
import { ageOf, PRESENT_AGE, reportedNumber, SETTING_AGE } from '../reported.ts';

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
    const { twin, now } = context;
    const { minGlucoseMgPerDl: least } = setting;
    if (effectOf(request, context) !== 'adds') return PASSED;
    const glucose = reportedNumber(twin, 'cgm', 'glucose', now, PRESENT_AGE);
    if (glucose === undefined) return [explanation('plausibility: glucose is not known')];
    if (glucose < least) {
      const given = { values: { least }, reported: { glucose } };
      return [explanation('plausibility: glucose {glucose} mg/dL is below {least} mg/dL', given)];
    }
    const delivery = deliveryOf(context.affordance, request.input);
    if (delivery?.kind !== 'dose') return PASSED;

    const { quantity: units } = delivery;
    const need = calledFor(context, glucose, setting);
    if (need === undefined) {
      return [
        explanation(
          'plausibility: carbohydrate ratio, correction factor, target or insulin on board is not known or was told too long ago',
        ),
      ];
    }
    if (units <= need * (1 + setting.tolerance) + setting.toleranceUnits) return PASSED;
    const given = { values: { units }, reported: { need: need.toFixed(2) } };
    return [explanation('plausibility: {units} [iU] where glucose and carbohydrates call for {need} [iU]', given)];
  },
};

/**
 * The usual bolus calculation: carbohydrates by ratio, plus correction to target, less insulin on board and on its way. A
 * carbohydrate ratio smaller than the commissioned one, which asks for more insulin, does not count: the handset may have
 * been tampered with.
 */
function calledFor(context: GuardContext, glucose: MgPerDl, setting: PlausibilitySetting): Units | undefined {
  const { twin, ledger, now } = context;
  const settingOf = (property: string) => reportedNumber(twin, 'handset', property, now, SETTING_AGE);
  const reportedRatio = settingOf('carbRatio');
  const correction = settingOf('correctionFactor');
  const target = settingOf('targetGlucose');
  // A handset that never told of any reckons none; one that has fallen silent may have given more since.
  const isReckoned = Number.isFinite(ageOf(twin, 'handset', 'insulinOnBoard', now));
  const reportedOnBoard = isReckoned ? reportedNumber(twin, 'handset', 'insulinOnBoard', now, PRESENT_AGE) : 0;
  if (reportedRatio === undefined || correction === undefined || target === undefined || reportedOnBoard === undefined)
    return undefined;
  const ratio = Math.max(reportedRatio, twin.commissioned?.carbRatio ?? 0);
  if (!(ratio > 0 && correction > 0)) return undefined;
  const carbohydrates = carbohydratesSince(ledger, now - setting.carbohydrateWindowMin * MINUTE);
  const onBoard = Math.max(0, reportedOnBoard) + outstandingWithin(ledger, '[iU]', now, ON_ITS_WAY);
  return Math.max(0, carbohydrates / ratio + (glucose - target) / correction - onBoard);
}

/** A dose that was permitted longer ago is in what the handset reckons to be on board; no dose takes so long to be told. */
const ON_ITS_WAY = 60 * MINUTE;
