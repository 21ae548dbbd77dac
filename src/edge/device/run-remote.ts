import type { TimeScale } from '#edge/machine/scaled-clock';
import { createRemote } from '#model/device/remote';
import { createDeviceClock } from './device-clock.ts';
import { createDeviceStorage } from './device-storage.ts';
import { linkOf, readPairing } from './pairing.ts';
import { createSideChannelClient } from './side-channel-client.ts';

export interface RemoteRun {
  readonly directory: string;
  readonly surroundings: { readonly sideChannel: string; readonly pairing: string };
  readonly scale: TimeScale;
}

/** Runs a key fob: it has no platform, only a radio and a button. */
export function runRemote({ directory, surroundings, scale }: RemoteRun): { close(): Promise<void> } {
  const clock = createDeviceClock(scale);
  const link = linkOf('remote', readPairing(surroundings.pairing), createDeviceStorage(directory).countStart());
  const channel = createSideChannelClient(surroundings.sideChannel, 'remote', (message) => {
    if (message.kind === 'press') remote.press(message.steps);
  });
  const remote = createRemote(
    { link },
    {
      now: () => clock.now(),
      send: (_link, frame) => channel.send({ kind: 'radio', frame }),
      schedule: () => {},
      cancel: () => {},
      trace: () => {},
    },
  );
  return { close: async () => channel.close() };
}
