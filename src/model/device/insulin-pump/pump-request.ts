import type { Minutes, Units, UnitsPerHour } from '#base/units';
import type { Command } from '#model/thing/message';
import type { LinkFrame } from '../link/link-codec.ts';
import type { Operation } from '../link/operation.ts';
import {
  decodeBasalProfile,
  decodeBolus,
  decodeLimits,
  decodeSwitch,
  decodeTemporaryBasal,
  type PumpLimits,
} from '../link/payload.ts';
import type { Peer } from '../link/peer.ts';

/** Who asked. `local`: the person, with the pump's own buttons. */
export type Via = 'handset' | 'remote' | 'platform' | 'local';

/** What a pump can be asked to do, whoever asks, by the names of its Thing Model where it has one. */
export type PumpRequest =
  | { readonly kind: 'wakeUp' }
  | { readonly kind: 'bolus'; readonly units: Units }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'setTemporaryBasal'; readonly rate: UnitsPerHour; readonly durationMin: Minutes }
  | { readonly kind: 'setBasalProfile'; readonly rates: readonly UnitsPerHour[] }
  | { readonly kind: 'setLimits'; readonly limits: PumpLimits }
  | { readonly kind: 'setRemoteEnabled'; readonly enabled: boolean }
  | { readonly kind: 'fallBackToSafeBasal'; readonly durationMin: Minutes }
  | { readonly kind: 'revokeLink'; readonly peer: 'handset' | 'remote' };

/** What each peer may say to a pump. A remote has three buttons. */
const MAY_SAY: Readonly<Record<Peer, ReadonlySet<Operation>>> = {
  handset: new Set<Operation>([
    'set-temporary-basal',
    'bolus',
    'suspend',
    'resume',
    'set-basal-profile',
    'set-limits',
    'set-remote-enabled',
    'wake-up',
  ]),
  remote: new Set<Operation>(['bolus', 'suspend', 'resume', 'wake-up']),
  gateway: new Set<Operation>(['platform-command']),
  cgm: new Set<Operation>(['glucose-reading']),
  pump: new Set<Operation>(),
};

export const maySay = (peer: Peer, operation: Operation): boolean => MAY_SAY[peer].has(operation);

/** `undefined` when the payload is not of the operation's layout, or the operation is no request. */
export function readRadioRequest({ operation, payload }: LinkFrame): PumpRequest | undefined {
  switch (operation) {
    case 'wake-up':
      return { kind: 'wakeUp' };
    case 'suspend':
    case 'resume':
      return { kind: operation };
    case 'bolus': {
      const units = decodeBolus(payload);
      return units === undefined ? undefined : { kind: 'bolus', units };
    }
    case 'set-temporary-basal': {
      const basal = decodeTemporaryBasal(payload);
      if (basal === undefined) return undefined;
      return { kind: 'setTemporaryBasal', rate: basal.rate, durationMin: basal.duration };
    }
    case 'set-basal-profile': {
      const rates = decodeBasalProfile(payload);
      return rates === undefined ? undefined : { kind: 'setBasalProfile', rates };
    }
    case 'set-limits': {
      const limits = decodeLimits(payload);
      return limits === undefined ? undefined : { kind: 'setLimits', limits };
    }
    case 'set-remote-enabled': {
      const enabled = decodeSwitch(payload);
      return enabled === undefined ? undefined : { kind: 'setRemoteEnabled', enabled };
    }
    case 'glucose-reading':
    case 'report':
    case 'acknowledge':
    case 'platform-command':
    case 'platform-answer':
    case 'sealed-report':
      return undefined;
  }
}

/** `undefined` when the action is unknown or its input is not of the action's form. */
export function readPlatformRequest({ action, input }: Command): PumpRequest | undefined {
  const { units, rate, durationMin, rates, peer } = input;
  switch (action) {
    case 'suspend':
    case 'resume':
      return { kind: action };
    case 'bolus':
      return typeof units === 'number' ? { kind: action, units } : undefined;
    case 'setTemporaryBasal':
      if (typeof rate !== 'number' || typeof durationMin !== 'number') return undefined;
      return { kind: action, rate, durationMin };
    case 'setBasalProfile':
      return typeof rates === 'object' ? { kind: action, rates } : undefined;
    case 'fallBackToSafeBasal':
      return typeof durationMin === 'number' ? { kind: action, durationMin } : undefined;
    case 'revokeLink':
      return peer === 'handset' || peer === 'remote' ? { kind: action, peer } : undefined;
    default:
      return undefined;
  }
}
