import type { Command } from '#model/thing/message';

/** A platform command whose input was read; whether the pump does it is the pump's question. */
export type PumpCommand =
  | { readonly kind: 'bolus'; readonly units: number }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'setTemporaryBasal'; readonly rate: number; readonly durationMin: number }
  | { readonly kind: 'setBasalProfile'; readonly rates: readonly number[] }
  | { readonly kind: 'fallBackToSafeBasal'; readonly durationMin: number }
  | { readonly kind: 'revokeLink'; readonly peer: 'handset' | 'remote' };

/** `undefined` when the action is unknown or its input is not of the action's form. */
export function readPumpCommand({ action, input }: Command): PumpCommand | undefined {
  const { units, rate, durationMin, rates, peer } = input;
  switch (action) {
    case 'bolus':
      return typeof units === 'number' ? { kind: 'bolus', units } : undefined;
    case 'suspend':
    case 'resume':
      return { kind: action };
    case 'setTemporaryBasal':
      return typeof rate === 'number' && typeof durationMin === 'number'
        ? { kind: 'setTemporaryBasal', rate, durationMin }
        : undefined;
    case 'setBasalProfile':
      return typeof rates === 'object' ? { kind: 'setBasalProfile', rates } : undefined;
    case 'fallBackToSafeBasal':
      return typeof durationMin === 'number' ? { kind: 'fallBackToSafeBasal', durationMin } : undefined;
    case 'revokeLink':
      return peer === 'handset' || peer === 'remote' ? { kind: 'revokeLink', peer } : undefined;
    default:
      return undefined;
  }
}
