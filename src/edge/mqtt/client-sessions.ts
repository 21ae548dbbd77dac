import { Aedes, type Client } from 'aedes';
import type { BrokerLimits } from './broker-limits.ts';
import type { DeviceDoor } from './device-door.ts';

/**
 * The MQTT sessions of aedes, each step of which the door judges first.
 *
 * INVARIANT: nothing that one client publishes reaches another, and no session outlives its connection: the broker's own fan-out
 * is taken away, and what waits for a device is held elsewhere, bounded, and expires.
 */
export function createClientSessions(door: DeviceDoor, limits: BrokerLimits): Aedes {
  const sessions = new Aedes({
    connectTimeout: limits.connectWithin,
    keepaliveLimit: limits.keepAliveSeconds,
    drainTimeout: limits.readWithin,
    preConnect: (_client, packet, done) => {
      packet.clean = true;
      const hasWill = packet.will !== undefined;
      done(hasWill ? door.refuse('will') : null, !hasWill);
    },
    authenticate: (client, _user, _password, done) => {
      const error = door.authenticate(client);
      done(error ?? null, error === undefined);
    },
    authorizePublish: door.receive,
    authorizeSubscribe: (client, subscription, done) => {
      const error = door.subscribe(client, subscription);
      done(error ?? null, error === undefined ? subscription : null);
    },
  });
  sessions.publish = (_packet: unknown, clientOrDone: Client | null | (() => void), done?: () => void): void => {
    if (typeof clientOrDone === 'function') clientOrDone();
    else done?.();
  };
  return sessions;
}
