import type { Millis } from '#base/time';
import type { Device, DevicePorts, LinkKind, Trace } from '#model/device/device';
import type { Influences, OriginStack, Taint } from './cause.ts';
import type { EventQueue } from './event-queue.ts';
import type { Radio } from './radio.ts';

export interface DeviceHostDeps {
  readonly queue: EventQueue;
  readonly radio: Radio;
  readonly origins: OriginStack;
  readonly influences: Influences;
  readonly taint: Taint;
  /** Where a device with an uplink sends. */
  readonly uplink?: (bytes: Uint8Array) => void;
  /** Sees every trace, after its influence was noted. */
  readonly onTrace?: (device: string, trace: Trace) => void;
}

/** Runs a device behaviour in the simulated world: what an operating system is to a device process. */
export function hostDevice<D extends Device>(name: string, deps: DeviceHostDeps, create: (ports: DevicePorts) => D): D {
  const { queue, radio } = deps;
  /** The generation of each timer: one that was replaced or cancelled finds that it is not the last. */
  const generations = new Map<string, number>();

  const schedule = (timer: string, delay: Millis): void => {
    const generation = (generations.get(timer) ?? 0) + 1;
    generations.set(timer, generation);
    queue.after(Math.max(0, delay), () => {
      if (generations.get(timer) === generation) device.onTimer(timer);
    });
  };

  const device: D = create({
    now: () => queue.now(),
    send: (link: LinkKind, frame: Uint8Array) => {
      if (link === 'radio') radio.transmit(name, frame);
      else deps.uplink?.(frame);
    },
    schedule,
    cancel: (timer) => {
      generations.set(timer, (generations.get(timer) ?? 0) + 1);
    },
    trace: (trace) => {
      noteInfluence(deps, name, trace);
      deps.onTrace?.(name, trace);
    },
  });
  radio.attach(name, (frame) => device.receive('radio', frame));
  return device;
}

/** An adversarial input took effect, at once or by way of a handset that went by one. What was refused did not. */
function noteInfluence({ influences, origins, queue, taint }: DeviceHostDeps, device: string, trace: Trace): void {
  const now = queue.now();
  const isForged = origins.current === 'adversary';
  switch (trace.kind) {
    case 'command-applied':
      if (isForged || (trace.via === 'handset' && taint.isOn(now))) {
        influences.note('therapy', now, `${device}: ${trace.action}`);
      }
      return;
    case 'reading-used':
      if (isForged) taint.reading(now);
      return;
    case 'firmware':
      if (isForged && trace.outcome === 'installed') {
        influences.note('therapy', now, `${device}: firmware ${trace.version}`);
      }
      return;
    case 'frame-accepted':
      if (isForged && trace.operation === 'wake-up') influences.note('therapy', now, `${device}: wake-up`);
      if (isForged && trace.operation === 'report') influences.note('view', now, `${device}: report accepted`);
      return;
    case 'frame-refused':
    case 'command-refused':
    case 'commanded':
    case 'alarm':
      return;
  }
}
