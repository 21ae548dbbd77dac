import { type Explanation, explanation } from '#base/explanation';
import { DAY, HOUR } from '#base/time';
import type { Minutes, Units, UnitsPerHour } from '#base/units';
import { deliveryOf } from '#model/thing/delivery';
import { type Check, PASSED } from '../check.ts';
import { amountWithin, notePermitted } from '../command-ledger.ts';

/** Bounds of what the platform may add. Everything counts that the subject got, whoever gave it, by whatever device. */
export interface DoseEnvelopeSetting {
  readonly kind: 'dose-envelope';
  /** UCUM code of what is bounded; an amount of anything else is refused. */
  readonly unit: string;
  readonly maxUnitsPerRequest: Units;
  readonly maxUnitsPerHour: Units;
  readonly maxUnitsPerDay: Units;
  readonly maxRateUnitsPerHour: UnitsPerHour;
  readonly maxDurationMin: Minutes;
}

/** Judges every command that adds or states an amount, by what its Thing Model says that amount is. */
export const doseEnvelope: Check<DoseEnvelopeSetting> = {
  statement:
    'what is added stays within bounds per command, per hour and per day, with all that devices counted and all that was commanded counted in',
  cost: 'a genuine large bolus has to be given at the pump',
  judge(request, { affordance, ledger, now }, setting) {
    const delivery = deliveryOf(affordance, request.input);
    if (delivery === undefined)
      return affordance.does === 'adds' || affordance.does === undefined
        ? [
            explanation('dose: {action} states no amount, so nothing bounds it', {
              values: { action: affordance.name },
            }),
          ]
        : PASSED;
    const { unit, quantity } = delivery;
    if (unit !== setting.unit)
      return [explanation('dose: an amount in {unit} has no bounds here', { values: { unit } })];

    const reasons: Explanation[] = [];
    const { maxUnitsPerRequest, maxUnitsPerHour, maxUnitsPerDay, maxRateUnitsPerHour, maxDurationMin } = setting;
    if (delivery.kind === 'dose') {
      if (!(quantity > 0))
        reasons.push(explanation('dose: {quantity} {unit} is no dose', { values: { quantity, unit } }));
    } else {
      const { perHour } = delivery;
      const durationMin = delivery.kind === 'course' ? delivery.durationMin : 24 * 60;
      const asked = { perHour, durationMin, unit };
      if (!(perHour >= 0 && durationMin > 0))
        reasons.push(
          explanation('dose: rate {perHour} {unit}/h and duration {durationMin} min must be positive', {
            values: asked,
          }),
        );
      if (!(perHour <= maxRateUnitsPerHour))
        reasons.push(
          explanation('dose: rate {perHour} {unit}/h is above {most} {unit}/h', {
            values: { ...asked, most: maxRateUnitsPerHour },
          }),
        );
      if (!(durationMin <= maxDurationMin))
        reasons.push(
          explanation('dose: duration {durationMin} min is above {most} min', {
            values: { ...asked, most: maxDurationMin },
          }),
        );
    }
    if (!(quantity <= maxUnitsPerRequest))
      reasons.push(
        explanation('dose: {quantity} {unit} is above {most} {unit} per command', {
          values: { quantity, unit, most: maxUnitsPerRequest },
        }),
      );
    const after = notePermitted(ledger, request, affordance, now);
    const inHour = amountWithin(after, unit, now, HOUR);
    const inDay = amountWithin(after, unit, now, DAY);
    if (!(inHour <= maxUnitsPerHour))
      reasons.push(
        explanation('dose: makes {inHour} {unit} in an hour, above {most} {unit}', {
          values: { unit, most: maxUnitsPerHour },
          reported: { inHour },
        }),
      );
    if (!(inDay <= maxUnitsPerDay))
      reasons.push(
        explanation('dose: makes {inDay} {unit} in a day, above {most} {unit}', {
          values: { unit, most: maxUnitsPerDay },
          reported: { inDay },
        }),
      );
    return reasons;
  },
};
