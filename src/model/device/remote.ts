import type { Units } from '#base/units';
import type { Device, DevicePorts } from './device.ts';
import { createLink, type LinkConfiguration } from './link/link.ts';
import { encodeBolus } from './link/payload.ts';

export interface RemoteConfiguration {
  readonly link: LinkConfiguration;
}

/** A key fob with one button ("easy bolus"). It sends once and hears nothing. */
export interface Remote extends Device {
  /** The person presses the button `steps` times. @returns what was asked of the pump */
  press(steps: number): Units;
}

export const REMOTE_BOLUS_STEP: Units = 0.5;
/** As many presses as one bolus can have: 10 U. */
export const MOST_STEPS = 20;

export function createRemote(configuration: RemoteConfiguration, ports: DevicePorts): Remote {
  const link = createLink(configuration.link, new Set());
  let request = 0;
  return {
    start() {},
    receive() {},
    onTimer() {},
    press(steps) {
      const units = REMOTE_BOLUS_STEP * Math.min(Math.max(Math.floor(steps), 0), MOST_STEPS);
      if (units === 0) return 0;
      request = (request + 1) % 256;
      const payload = encodeBolus(units);
      const frame = { from: 'remote', to: 'pump', operation: 'bolus', request, payload } as const;
      ports.send('radio', link.encode(frame));
      return units;
    },
  };
}
