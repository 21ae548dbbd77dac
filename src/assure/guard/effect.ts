import type { UnitsPerHour } from '#base/units';
import { deliveryOf } from '#model/thing/delivery';
import type { ActionEffect } from '#model/thing/thing-model';
import type { GuardContext } from './context.ts';
import { reportedNumbers, SETTING_AGE } from './reported.ts';
import type { CommandRequest } from './request.ts';

/**
 * What a command does to therapy, as the Thing Model of its device says; one whose model does not say adds. A course that is no
 * more than what its device runs at least anyway withholds.
 * @throws Fault `command.malformed`
 */
export function effectOf(request: CommandRequest, context: GuardContext): ActionEffect {
  const { affordance } = context;
  const does = affordance.does ?? 'adds';
  if (does !== 'adds') return does;
  const delivery = deliveryOf(affordance, request.input);
  return delivery?.kind === 'course' && delivery.perHour <= lowestRate(request, context) ? 'withholds' : 'adds';
}

/**
 * The lowest rate of the basal profile, 0 where it is not known. The lowest and not the present one: what is more than the
 * profile at any hour is judged as more, whatever clock the pump has.
 */
function lowestRate({ thing }: CommandRequest, { twin, now }: GuardContext): UnitsPerHour {
  const profile = reportedNumbers(twin, thing, 'basalProfile', now, SETTING_AGE) ?? [];
  const rates = [...profile, ...(twin.commissioned?.basalProfile ?? [])];
  return rates.length === 0 ? 0 : Math.min(...rates);
}
