import type { Millis } from '#base/time';
import type { EndpointState } from '#model/thing/endpoint-state';

/**
 * What a device behaviour needs from outside. In an exercise the simulated world provides it, in a device process the
 * operating system does. A behaviour reacts to bytes and timers and never asks for anything else.
 */
export interface DevicePorts {
  /** The device's own clock, which may be wrong. */
  now(): Millis;
  /** Puts bytes on a link. Who hears them is the link's business; a radio frame is heard by everybody in reach. */
  send(link: LinkKind, frame: Uint8Array): void;
  /** Calls `Device.onTimer(timer)` after `delay` of true elapsed time; a timer of the same name is replaced. */
  schedule(timer: string, delay: Millis): void;
  cancel(timer: string): void;
  /**
   * Makes the state of the channel to the platform durable before it returns: called before the first of a block of messages
   * leaves, and before a command takes effect. A world that ends with its process has none.
   */
  readonly keep?: (state: EndpointState) => void;
  /** Says what the device just did. For the judgement of exercises and for logs; the platform never sees it. */
  trace(entry: Trace): void;
}

/**
 * `radio`: the body-area radio that monitor, handset, remote, pump and gateway share.
 * `uplink`: gateway to platform and back.
 */
export type LinkKind = 'radio' | 'uplink';

export interface Device {
  /** Called once when the device is switched on. */
  start(): void;
  receive(link: LinkKind, frame: Uint8Array): void;
  onTimer(timer: string): void;
}

/** Ground truth of one step of a device's behaviour. */
export type Trace =
  /** A frame addressed to this device passed the checks of its link. */
  | { readonly kind: 'frame-accepted'; readonly operation: string }
  /** A frame that claims to be for this device failed a check. */
  | { readonly kind: 'frame-refused'; readonly operation: string; readonly reason: string }
  /** A command took effect on the device's therapy-relevant state. */
  | {
      readonly kind: 'command-applied';
      readonly action: string;
      readonly via: 'handset' | 'remote' | 'platform' | 'local';
      readonly amount?: number;
    }
  /** The device refused a command that was authentic: a limit, a state, a missing confirmation. */
  | { readonly kind: 'command-refused'; readonly action: string; readonly reason: string }
  /** The controller based a decision on this reading. */
  | { readonly kind: 'reading-used'; readonly glucoseMgPerDl: number }
  /** The controller decided to deliver: what it commands. */
  | { readonly kind: 'commanded'; readonly action: 'bolus' | 'basal'; readonly amount: number }
  | { readonly kind: 'alarm'; readonly condition: string; readonly priority: 'high' | 'medium' | 'low' | 'none' }
  /** Firmware accepted or refused. */
  | { readonly kind: 'firmware'; readonly outcome: 'installed' | 'refused'; readonly version: string };
