import { MINUTE, type Millis, SECOND } from '#base/time';
import { MESSAGE_LIMIT } from '#model/thing/envelope';
import { TOPIC_LIMIT } from './topics.ts';

/** What devices may ask of the embedded broker. */
export interface BrokerLimits {
  /** Open connections, in all and of one network: a whole ward may be behind one address. */
  readonly connections: number;
  readonly connectionsOfOne: number;
  /** From the connection to the end of the TLS handshake. */
  readonly handshakeWithin: Millis;
  /** Of one MQTT packet, after its fixed header. */
  readonly packetBytes: number;
  /** From the end of the TLS handshake to CONNECT. */
  readonly connectWithin: Millis;
  /** Longest keep-alive in seconds that a device may ask for; it must ask for one. */
  readonly keepAliveSeconds: number;
  /** How long a device may leave unread what was sent to it. */
  readonly readWithin: Millis;
  /** Bytes that wait in a connection for a device that does not read. */
  readonly unreadBytes: number;
  /** Messages of one thing: so many at once, and one more after each `messageRefill`. */
  readonly messageBurst: number;
  readonly messageRefill: Millis;
  /** Connections that one thing may open, likewise. */
  readonly connectBurst: number;
  readonly connectRefill: Millis;
  /** How often what has ended is looked for: certificates of open connections, messages that nobody fetched. */
  readonly sweepEvery: Millis;
}

/** A gateway that was away for two days has 512 messages to hand in, and a ward sends a few in a minute. */
export const BROKER_LIMITS: BrokerLimits = {
  connections: 10_000,
  connectionsOfOne: 7_500,
  handshakeWithin: 10 * SECOND,
  packetBytes: MESSAGE_LIMIT + TOPIC_LIMIT + 8,
  connectWithin: 10 * SECOND,
  keepAliveSeconds: 10 * (MINUTE / SECOND),
  readWithin: 15 * SECOND,
  unreadBytes: 65_536,
  messageBurst: 1_024,
  messageRefill: SECOND / 20,
  connectBurst: 20,
  connectRefill: 3 * SECOND,
  sweepEvery: 10 * SECOND,
};
