import { createRandom } from '#base/random';
import { MINUTE, type Millis } from '#base/time';
import { type AeadKey, importAeadKey } from '#crypto/aead';
import type { Device, DevicePorts, LinkKind, Trace } from '#model/device/device';
import type { LinkConfiguration } from '#model/device/link/link';
import type { LinkSecurity } from '#model/device/link/link-codec';
import type { Peer, SerialNumber } from '#model/device/link/peer';

/** Midnight of a day: SenML needs absolute times. */
export const MIDNIGHT: Millis = Date.UTC(2026, 2, 2);

export const LEGACY: LinkSecurity = { authenticated: false, antiReplay: false };
export const SECURED: LinkSecurity = { authenticated: true, antiReplay: true };

export const SERIALS: Readonly<Record<Peer, SerialNumber>> = {
  cgm: 41_207,
  handset: 555_001,
  remote: 555_002,
  pump: 316_542,
  gateway: 700_010,
};

const KEYS: Readonly<Record<Peer, AeadKey>> = {
  cgm: linkKey('cgm'),
  handset: linkKey('handset'),
  remote: linkKey('remote'),
  pump: linkKey('pump'),
  gateway: linkKey('gateway'),
};

export function linkKey(label: string): AeadKey {
  return importAeadKey('A128GCM', createRandom('test links').fork(label).bytes(16));
}

export const linkOf = (self: Peer, security: LinkSecurity): LinkConfiguration => ({
  self,
  security,
  serials: SERIALS,
  keys: KEYS,
});

export interface FakeDevice {
  readonly ports: DevicePorts;
  readonly traces: Trace[];
  readonly sent: { readonly link: LinkKind; readonly bytes: Uint8Array }[];
}

export interface FakeWard {
  now(): Millis;
  /** Ports for one device; `attach` the device before the clock moves. */
  device(name: string): FakeDevice;
  attach(name: string, device: Device): void;
  /** Everybody but `except` hears it at once. */
  transmit(bytes: Uint8Array, except?: string): void;
  /** Runs every timer up to and including `until`. */
  runTo(until: Millis): void;
  runFor(minutes: number): void;
  /** Frames for which this answers true reach nobody. */
  lose(by: ((bytes: Uint8Array, from: string) => boolean) | undefined): void;
}

/** A clock, timers in order of time and of scheduling, and a radio without delay. */
export function createFakeWard(): FakeWard {
  let now = MIDNIGHT;
  let scheduled = 0;
  let timers: { readonly at: Millis; readonly order: number; readonly owner: string; readonly timer: string }[] = [];
  const devices = new Map<string, Device>();
  let loses: ((bytes: Uint8Array, from: string) => boolean) | undefined;

  const drop = (owner: string, timer: string): void => {
    timers = timers.filter((entry) => entry.owner !== owner || entry.timer !== timer);
  };

  const transmit = (bytes: Uint8Array, except?: string): void => {
    if (except !== undefined && loses?.(bytes, except) === true) return;
    for (const [name, device] of devices) if (name !== except) device.receive('radio', bytes);
  };

  const runTo = (until: Millis): void => {
    for (;;) {
      let next = timers[0];
      for (const entry of timers) {
        if (next === undefined || entry.at < next.at || (entry.at === next.at && entry.order < next.order))
          next = entry;
      }
      if (next === undefined || next.at > until) break;
      drop(next.owner, next.timer);
      now = Math.max(now, next.at);
      devices.get(next.owner)?.onTimer(next.timer);
    }
    now = until;
  };

  return {
    now: () => now,
    device(name) {
      const traces: Trace[] = [];
      const sent: { readonly link: LinkKind; readonly bytes: Uint8Array }[] = [];
      const ports: DevicePorts = {
        now: () => now,
        send(link, bytes) {
          sent.push({ link, bytes });
          if (link === 'radio') transmit(bytes, name);
        },
        schedule(timer, delay) {
          drop(name, timer);
          scheduled += 1;
          timers.push({ at: now + delay, order: scheduled, owner: name, timer });
        },
        cancel: (timer) => drop(name, timer),
        trace: (entry) => void traces.push(entry),
      };
      return { ports, traces, sent };
    },
    attach(name, device) {
      devices.set(name, device);
      device.start();
    },
    transmit,
    runTo,
    runFor: (minutes) => runTo(now + minutes * MINUTE),
    lose(by) {
      loses = by;
    },
  };
}
