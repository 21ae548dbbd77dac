import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import type { Client } from 'aedes';
import { Fault } from '#base/fault';
import type { Clock } from '#base/time';
import type { Live } from '#edge/live/live';
import { limitConnections } from '#edge/machine/connection-limit';
import type { ServerIdentity } from '#edge/pki/server-identity';
import { BROKER_LIMITS, type BrokerLimits } from './broker-limits.ts';
import { createClientSessions } from './client-sessions.ts';
import { createConnectionNotes } from './connection-notes.ts';
import { type Connection, createConnections } from './connections.ts';
import {
  type ConnectorNotice,
  type ConnectorRefusal,
  createConnectorStatus,
  type DeviceConnector,
} from './device-connector.ts';
import { createDeviceDoor } from './device-door.ts';
import { createDownlink } from './downlink.ts';
import { followKillSwitch } from './follow-kill-switch.ts';
import { guardFrames } from './frame-guard.ts';
import { followRevocations } from './revocations.ts';

export interface EmbeddedBrokerDeps {
  readonly live: Live;
  /** What the listener shows, and whom it trusts. */
  readonly identity: Pick<ServerIdentity, 'options' | 'follow'>;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly limits?: Partial<BrokerLimits>;
  readonly onNotice?: (notice: ConnectorNotice) => void;
  /** Real time, by which certificates end and floods are measured. Default: the system's clock. */
  readonly realTime?: Clock;
}

/**
 * MQTT 3.1.1 over TLS 1.3 for devices that show a certificate of the platform's own authority. A device publishes sealed
 * messages on its own `up` and hears what is sealed for it on its own `down`; everything else closes the connection.
 *
 * INVARIANT: a PUBACK leaves only after what the message did is durable. When that cannot be, the connection is closed without
 * one, and the device sends the message again (MQTT 3.1.1, 4.4).
 */
export function createEmbeddedBroker(deps: EmbeddedBrokerDeps): DeviceConnector {
  const { live, identity, onNotice = () => {}, realTime = { now: () => Date.now() } } = deps;
  const limits: BrokerLimits = { ...BROKER_LIMITS, ...deps.limits };
  const status = createConnectorStatus();
  const connections = createConnections();
  const notes = createConnectionNotes(live, () => onNotice({ kind: 'not-noted' }));
  const door = createDeviceDoor({ live, limits, realTime, onNotice });
  const sessions = createClientSessions(door, limits);
  const downlink = createDownlink({
    clock: live.clock,
    limits,
    connections,
    onNotice,
    onSlowReader: (client, thing) => client.conn.destroy(door.refuse('slow-reader', thing)),
  });

  const opened = (client: Client): void => {
    const peer = door.peerOf(client);
    if (peer === undefined) return;
    connections.add({ peer, client, listens: false });
    onNotice({ kind: 'connected', thing: peer.thing });
    notes.note(peer.thing, 'connected');
  };
  const ended = (client: Client): void => {
    const thing = door.peerOf(client)?.thing;
    if (thing === undefined || !connections.remove(thing, client)) return;
    onNotice({ kind: 'disconnected', thing });
    notes.note(thing, 'disconnected');
  };
  sessions.on('clientReady', opened);
  sessions.on('clientDisconnect', ended);
  sessions.on('subscribe', (_subscriptions, client) => downlink.listens(client.id, client));
  sessions.on('connectionError', () => void door.refuse('protocol'));

  const end = (which: readonly Connection[], reason: ConnectorRefusal): void => {
    for (const { client, peer } of which) client.conn.destroy(door.refuse(reason, peer.thing));
  };
  const stopFollowing = followRevocations(live, (thing, serial) => end(connections.matching(thing, serial), 'revoked'));
  const stopWithdrawing = followKillSwitch(live, downlink.withdraw);
  const sweep = setInterval(() => {
    end(connections.expired(realTime.now()), 'certificate-expired');
    downlink.sweep();
  }, limits.sweepEvery);
  sweep.unref();

  const tls = { ...identity.options('required'), handshakeTimeout: limits.handshakeWithin };
  const server = createServer(tls, (socket) => {
    socket.setNoDelay(true);
    guardFrames(socket, limits.packetBytes, () => socket.destroy(door.refuse('too-large')));
    sessions.handle(socket);
  });
  server.maxConnections = limits.connections;
  const sockets = limitConnections(server, limits.connectionsOfOne);
  // a handshake that fails, or never ends, is only told of: the connection would stay
  server.on('tlsClientError', (_error, socket) => {
    door.refuse('handshake');
    socket.destroy();
  });
  const unfollow = identity.follow(server);

  const isConnected = (thing: string): boolean => connections.of(thing) !== undefined;
  live.onStatus((liveStatus) => {
    if (liveStatus === 'open' && status.current === 'connected') void notes.reconcile(isConnected);
  });

  const close = async (): Promise<void> => {
    status.set('closed');
    clearInterval(sweep);
    stopFollowing();
    stopWithdrawing();
    unfollow();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    sockets.destroyAll();
    await closed;
    await new Promise<void>((resolve) => sessions.close(() => resolve()));
    await notes.reconcile(() => false);
  };

  return {
    start: async () => {
      await sessions.listen();
      const { port } = await listen(server, deps.port, deps.host);
      await notes.reconcile(isConnected);
      status.set('connected');
      return { port };
    },
    send: downlink.send,
    get status() {
      return status.current;
    },
    onStatus: status.listen,
    close,
  };
}

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(new Fault('mqtt.listen', `mqtt: cannot listen on \`${host}:${port}\`: ${error.message}`, { host, port }));
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}
