import type { ThingId } from '#model/thing/thing-id';
import type { FleetEffect } from '#platform/fleet/fleet-effect';
import type { Live } from '../live/live.ts';
import type { DeviceConnector } from '../mqtt/device-connector.ts';
import type { Log } from './log.ts';

/** Carries out what the platform wants done outside: commands to devices, notices to people. */
export function carryOut(
  live: Live,
  connector: Pick<DeviceConnector, 'send'>,
  log: Log,
): (effect: FleetEffect) => void {
  return (effect) => {
    switch (effect.kind) {
      case 'dispatch':
        connector.send(reachedThrough(live, effect.thing), effect.bytes);
        return;
      case 'notify':
        // What it says, and about whom, is in history and in the streams; here only that it was said, and to whom.
        log('warn', `${effect.who} to be alerted; see the open incidents`);
        return;
    }
  };
}

const reachedThrough = ({ fleet }: Live, thing: ThingId): ThingId => fleet.registry.things.get(thing)?.via ?? thing;
