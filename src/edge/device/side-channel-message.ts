import { type CborObject, type CborValue, decodeCanonical, encodeCanonical } from '#base/canonical';
import { Fault } from '#base/fault';
import type { Grams, MgPerDl, Units } from '#base/units';
import type { AlarmPriority } from '#model/device/alarm';
import type { ConfirmationRequest } from '#model/device/insulin-pump/insulin-pump-types';
import { PEERS, type Peer } from '#model/device/link/peer';

/** From a device process to the one that hosts the person: what a device puts on the radio, pushes into the body, shows. */
export type ToPatient =
  | { readonly kind: 'join'; readonly peer: Peer }
  | { readonly kind: 'radio'; readonly frame: Uint8Array }
  | { readonly kind: 'sense' }
  | { readonly kind: 'deliver'; readonly units: Units }
  | ({ readonly kind: 'ask' } & ConfirmationRequest)
  | { readonly kind: 'alarm'; readonly condition: string; readonly priority: AlarmPriority }
  /** What the pump's display shows of its delivery. */
  | { readonly kind: 'display'; readonly deliveryState: string };

/** The other way: frames that others sent, what the sensor reads, and what the person does with the device. */
export type FromPatient =
  | { readonly kind: 'radio'; readonly frame: Uint8Array }
  | { readonly kind: 'sensed'; readonly glucose: MgPerDl }
  | { readonly kind: 'press'; readonly steps: number }
  | { readonly kind: 'announce'; readonly carbohydrates: Grams }
  | { readonly kind: 'confirm'; readonly requestId: number }
  | { readonly kind: 'decline'; readonly requestId: number }
  | { readonly kind: 'bolus'; readonly units: Units }
  | { readonly kind: 'reservoir'; readonly units: Units }
  | { readonly kind: 'resume' | 'infusion-set' | 'battery' | 'sensor' };

/** A frame of the radio, and a little more. */
export const SIDE_CHANNEL_LIMIT = 8_192;

/** What every field has to be. A message has its kind and exactly these fields. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, (value: CborValue) => boolean>>>> = {
  join: { peer: (value) => value !== 'all' && PEERS.includes(value as Peer) },
  radio: { frame: (value) => value instanceof Uint8Array },
  sense: {},
  sensed: { glucose: Number.isFinite },
  deliver: { units: Number.isFinite },
  ask: {
    requestId: Number.isSafeInteger,
    units: Number.isFinite,
    via: (value) => ['handset', 'remote', 'platform'].includes(value as string),
  },
  alarm: {
    condition: (value) => typeof value === 'string',
    priority: (value) => ['high', 'medium', 'low', 'none'].includes(value as string),
  },
  display: { deliveryState: (value) => typeof value === 'string' },
  press: { steps: Number.isSafeInteger },
  announce: { carbohydrates: Number.isFinite },
  confirm: { requestId: Number.isSafeInteger },
  decline: { requestId: Number.isSafeInteger },
  bolus: { units: Number.isFinite },
  reservoir: { units: Number.isFinite },
  resume: {},
  'infusion-set': {},
  battery: {},
  sensor: {},
};

export const encodeSideChannel = (message: ToPatient | FromPatient): Uint8Array =>
  encodeCanonical(message as unknown as CborObject);

/** @throws Fault `side-channel.malformed`, `cbor.malformed` */
export function decodeSideChannel<T extends ToPatient | FromPatient>(bytes: Uint8Array): T {
  const value = decodeCanonical(bytes, SIDE_CHANNEL_LIMIT) as CborObject;
  const { kind, ...fields } = value ?? {};
  const shape = typeof kind === 'string' && Object.hasOwn(SHAPES, kind) ? SHAPES[kind] : undefined;
  const names = Object.keys(shape ?? {});
  const fits = names.length === Object.keys(fields).length && names.every((name) => shape?.[name]?.(fields[name]!));
  if (shape === undefined || !fits) throw new Fault('side-channel.malformed', 'side channel: not one of its messages');
  return value as unknown as T;
}
