import type { Socket } from 'node:net';
import type { AuthenticateError, Client, PublishPacket, Subscription } from 'aedes';
import { Fault } from '#base/fault';
import type { Clock } from '#base/time';
import { createTokenBuckets } from '#base/token-buckets';
import type { Live } from '#edge/live/live';
import { createReceiver } from '#edge/live/receiver';
import { type Peer, thingOfPeer } from '#edge/pki/peer-certificate';
import type { ThingId } from '#model/thing/thing-id';
import type { BrokerLimits } from './broker-limits.ts';
import type { ConnectorNotice, ConnectorRefusal } from './device-connector.ts';
import { objectionToPublish, objectionToSubscribe } from './gate.ts';

/** Judges everything that comes by a connection, and hands to the platform what is for it. */
export interface DeviceDoor {
  /** Why the client may not connect, or undefined; from then on `peerOf` knows it. */
  authenticate(client: Client): AuthenticateError | undefined;
  /** Calls back when what the message did is durable, or with why it was not taken. */
  receive(client: Client | null, packet: PublishPacket, done: (error?: Error) => void): void;
  subscribe(client: Client, subscription: Subscription): Error | undefined;
  peerOf(client: Client): Peer | undefined;
  /** Counts a refusal, and makes the error that closes its connection. */
  refuse(reason: ConnectorRefusal, thing?: ThingId): Error;
}

export interface DeviceDoorDeps {
  readonly live: Live;
  readonly limits: BrokerLimits;
  readonly realTime: Clock;
  readonly onNotice: (notice: ConnectorNotice) => void;
}

/** Return codes of CONNACK (MQTT 3.1.1, table 3.1). */
const SERVER_UNAVAILABLE = 3;
const NOT_AUTHORIZED = 5;

export function createDeviceDoor({ live, limits, realTime, onNotice }: DeviceDoorDeps): DeviceDoor {
  const { connections: capacity, messageBurst, messageRefill, connectBurst, connectRefill } = limits;
  // by thing and not by connection: who connects anew does not begin anew
  const messages = createTokenBuckets({ clock: realTime, burst: messageBurst, refill: messageRefill, capacity });
  const connects = createTokenBuckets({ clock: realTime, burst: connectBurst, refill: connectRefill, capacity });
  const peers = new WeakMap<Client, Peer>();
  const handIn = createReceiver(live);

  const refuse = (reason: ConnectorRefusal, thing?: ThingId): Error => {
    onNotice({ kind: 'refused', reason, ...(thing === undefined ? {} : { thing }) });
    return new Error(reason);
  };

  const objectionToConnect = ({ thing, serial }: Peer): ConnectorRefusal | undefined => {
    try {
      if (!live.fleet.isCertified(thing, serial)) return 'not-certified';
    } catch (error) {
      if (error instanceof Fault) return 'not-durable';
      throw error;
    }
    return connects.take(thing) ? undefined : 'connects-too-often';
  };

  const authenticate = (client: Client): AuthenticateError | undefined => {
    const peer = thingOfPeer(client.conn as Socket, realTime.now());
    const objection = peer === undefined ? 'not-a-device' : objectionToConnect(peer);
    if (peer === undefined || objection !== undefined) {
      const isPassing = objection === 'not-durable' || objection === 'connects-too-often';
      const returnCode = isPassing ? SERVER_UNAVAILABLE : NOT_AUTHORIZED;
      return Object.assign(refuse(objection ?? 'not-a-device', peer?.thing), { returnCode });
    }
    // the certificate names the client, whatever it calls itself: a second connection of the thing replaces the first
    client.id = peer.thing;
    peers.set(client, peer);
    return undefined;
  };

  const receive = (client: Client | null, packet: PublishPacket, done: (error?: Error) => void): void => {
    const peer = client === null ? undefined : peers.get(client);
    const objection = peer === undefined ? 'protocol' : objectionToPublish(peer, packet);
    if (peer === undefined || objection !== undefined) {
      done(refuse(objection ?? 'protocol', peer?.thing));
      return;
    }
    const { thing } = peer;
    if (!messages.take(thing)) {
      done(refuse('too-fast', thing));
      return;
    }
    handIn(bytesOf(packet), { thing, proven: true, redelivered: packet.dup }).then(
      ({ outcome }) => {
        onNotice({ kind: 'received', thing, outcome });
        done();
      },
      () => done(refuse('not-durable', thing)),
    );
  };

  return {
    authenticate,
    receive,
    subscribe: (client, { topic }) => {
      const peer = peers.get(client);
      const objection = peer === undefined ? 'protocol' : objectionToSubscribe(peer, topic);
      return objection === undefined ? undefined : refuse(objection, peer?.thing);
    },
    peerOf: (client) => peers.get(client),
    refuse,
  };
}

/** Of a Buffer, `slice` gives a view and not a copy: nothing behind this is to be surprised by that. */
function bytesOf({ payload }: PublishPacket): Uint8Array {
  if (typeof payload === 'string') return new Uint8Array(Buffer.from(payload));
  return new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
}
