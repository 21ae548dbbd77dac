import type { Client } from 'aedes';
import type { Millis } from '#base/time';
import type { Peer } from '#edge/pki/peer-certificate';
import type { SerialNumber } from '#edge/pki/serial-number';
import type { ThingId } from '#model/thing/thing-id';

/** A device that is connected. */
export interface Connection {
  readonly peer: Peer;
  readonly client: Client;
  /** Whether it asked for what is sent to it. */
  listens: boolean;
}

/** The open connections by thing. INVARIANT: at most one of each thing. */
export interface Connections {
  readonly size: number;
  of(thing: ThingId): Connection | undefined;
  add(connection: Connection): void;
  /** Whether it was the thing's connection: one that was replaced is not. */
  remove(thing: ThingId, client: Client): boolean;
  /** Those of the thing, or of one of its certificates only. */
  matching(thing: ThingId, serial?: SerialNumber): readonly Connection[];
  /** Those whose certificate has ended. */
  expired(now: Millis): readonly Connection[];
  things(): readonly ThingId[];
}

export function createConnections(): Connections {
  const byThing = new Map<ThingId, Connection>();
  return {
    get size() {
      return byThing.size;
    },
    of: (thing) => byThing.get(thing),
    add: (connection) => {
      byThing.set(connection.peer.thing, connection);
    },
    remove: (thing, client) => byThing.get(thing)?.client === client && byThing.delete(thing),
    matching: (thing, serial) => {
      const connection = byThing.get(thing);
      const matches = connection !== undefined && (serial === undefined || connection.peer.serial === serial);
      return matches ? [connection] : [];
    },
    expired: (now) => [...byThing.values()].filter(({ peer }) => peer.notAfter <= now),
    things: () => [...byThing.keys()],
  };
}
