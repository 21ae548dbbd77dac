import type { UnitsPerHour } from '#base/units';
import type { Twin } from '#mirror/twin/twin';
import { numberInput } from './input.ts';
import { reportedNumbers } from './reported.ts';
import type { CommandRequest } from './request.ts';

/**
 * What a command does to insulin. `contains` stands for a device that falls back on what it holds locally or that no longer
 * listens to a peer: therapy goes on, without the loop.
 */
export type TherapyEffect = 'adds-insulin' | 'withholds-insulin' | 'contains' | 'none';

/**
 * An action that is not known counts as adding insulin, the stricter sense.
 * @throws Fault `command.malformed` when the input that decides it is missing
 */
export function therapyEffect(request: CommandRequest, twin: Twin): TherapyEffect {
  switch (request.action) {
    case 'alert':
      return 'none';
    case 'suspend':
      return 'withholds-insulin';
    case 'fallBackToSafeBasal':
    case 'revokeLink':
      return 'contains';
    case 'setTemporaryBasal':
      return numberInput(request, 'rate') > lowestProfileRate(twin) ? 'adds-insulin' : 'withholds-insulin';
    default:
      return 'adds-insulin';
  }
}

/**
 * The lowest rate of the pump's basal profile, 0 where it is unknown. The lowest and not the present one: what is more than
 * profile at any hour is judged as more, whatever clock the pump has.
 */
export function lowestProfileRate(twin: Twin): UnitsPerHour {
  const profile = twin.commissioned?.basalProfile ?? reportedNumbers(twin, 'pump', 'basalProfile') ?? [];
  return profile.length === 0 ? 0 : Math.min(...profile);
}
