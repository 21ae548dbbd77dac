import type { Client } from 'aedes';
import type { Clock } from '#base/time';
import type { ThingId } from '#model/thing/thing-id';
import type { BrokerLimits } from './broker-limits.ts';
import type { Connections } from './connections.ts';
import type { ConnectorNotice } from './device-connector.ts';
import { createHeldMessages } from './held-messages.ts';
import { downTopic } from './topics.ts';

/** The way of sealed bytes from the platform to devices that are connected, or soon will be. */
export interface Downlink {
  send(thing: ThingId, bytes: Uint8Array): void;
  /** The thing hears from now on. */
  listens(thing: ThingId, client: Client): void;
  /** What still waits for such a thing will not leave any more. */
  withdraw(isMeant: (thing: ThingId) => boolean): void;
  sweep(): void;
}

export interface DownlinkDeps {
  readonly clock: Clock;
  readonly limits: BrokerLimits;
  readonly connections: Connections;
  readonly onNotice: (notice: ConnectorNotice) => void;
  readonly onSlowReader: (client: Client, thing: ThingId) => void;
}

export function createDownlink({ clock, limits, connections, onNotice, onSlowReader }: DownlinkDeps): Downlink {
  const held = createHeldMessages(clock);

  const hold = (thing: ThingId, bytes: Uint8Array): void => {
    if (!held.hold(thing, bytes)) onNotice({ kind: 'refused', reason: 'undeliverable', thing });
    onNotice({ kind: 'held', thing });
  };

  const deliver = (client: Client, thing: ThingId, bytes: Uint8Array): void => {
    if (client.conn.writableLength > limits.unreadBytes) {
      hold(thing, bytes);
      onSlowReader(client, thing);
      return;
    }
    const packet = { topic: downTopic(thing), payload: Buffer.from(bytes), qos: 1, retain: false, dup: false } as const;
    client.publish({ cmd: 'publish', ...packet }, () => {});
    onNotice({ kind: 'delivered', thing });
  };

  return {
    send: (thing, bytes) => {
      const connection = connections.of(thing);
      if (connection?.listens === true) deliver(connection.client, thing, bytes);
      else hold(thing, bytes);
    },
    listens: (thing, client) => {
      const connection = connections.of(thing);
      if (connection?.client !== client) return;
      connection.listens = true;
      for (const bytes of held.take(thing)) deliver(client, thing, bytes);
    },
    withdraw: held.withdraw,
    sweep: held.sweep,
  };
}
