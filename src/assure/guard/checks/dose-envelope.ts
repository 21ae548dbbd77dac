import { DAY, HOUR } from '#base/time';
import type { Minutes, Units, UnitsPerHour } from '#base/units';
import { type Check, PASSED } from '../check.ts';
import { bolusSince } from '../command-ledger.ts';
import { numberInput } from '../input.ts';
import { lowestProfileRate } from '../therapy-effect.ts';

/** Bounds of insulin that the platform may add. Boluses count whoever gave them. */
export interface DoseEnvelopeSetting {
  readonly kind: 'dose-envelope';
  readonly maxUnitsPerRequest: Units;
  readonly maxUnitsPerHour: Units;
  readonly maxUnitsPerDay: Units;
  readonly maxRateUnitsPerHour: UnitsPerHour;
  readonly maxDurationMin: Minutes;
}

/** Judges `bolus` and `setTemporaryBasal`; what adds no insulin passes. */
export const doseEnvelope: Check<DoseEnvelopeSetting> = {
  statement:
    'insulin stays within bounds per command, per hour and per day, with all boluses the pump reported counted in',
  cost: 'a genuine large bolus has to be given at the pump',
  judge(request, context, setting) {
    const reasons: string[] = [];
    let units: Units;
    if (request.action === 'bolus') {
      units = numberInput(request, 'units');
      if (units <= 0) reasons.push(`dose: \`${units}\` [iU] is no dose`);
    } else if (request.action === 'setTemporaryBasal') {
      const rate = numberInput(request, 'rate');
      const durationMin = numberInput(request, 'durationMin');
      if (rate < 0 || durationMin <= 0)
        reasons.push(`dose: rate \`${rate}\` [iU]/h for \`${durationMin}\` min is none`);
      if (rate > setting.maxRateUnitsPerHour)
        reasons.push(`dose: rate \`${rate}\` [iU]/h is above ${setting.maxRateUnitsPerHour} [iU]/h`);
      if (durationMin > setting.maxDurationMin)
        reasons.push(`dose: duration \`${durationMin}\` min is above ${setting.maxDurationMin} min`);
      // What runs at the profile's rate anyway is no addition.
      units = (Math.max(0, rate - lowestProfileRate(context.twin)) * durationMin) / 60;
    } else return PASSED;
    if (units <= 0) return reasons;

    const inHour = bolusSince(context.ledger, context.now - HOUR) + units;
    const inDay = bolusSince(context.ledger, context.now - DAY) + units;
    if (units > setting.maxUnitsPerRequest)
      reasons.push(`dose: \`${units}\` [iU] is above ${setting.maxUnitsPerRequest} [iU] per command`);
    if (inHour > setting.maxUnitsPerHour)
      reasons.push(`dose: makes \`${inHour}\` [iU] in an hour, above ${setting.maxUnitsPerHour} [iU]`);
    if (inDay > setting.maxUnitsPerDay)
      reasons.push(`dose: makes \`${inDay}\` [iU] in a day, above ${setting.maxUnitsPerDay} [iU]`);
    return reasons;
  },
};
