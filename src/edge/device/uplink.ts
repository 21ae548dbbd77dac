import mqtt, { type MqttClient } from 'mqtt';
import { type Millis, SECOND } from '#base/time';
import { createBackoff } from '#edge/machine/backoff';
import { downTopic, upTopic } from '#edge/mqtt/topics';
import type { DeviceIdentity } from '#edge/pki/device-files';
import type { ThingId } from '#model/thing/thing-id';

export interface UplinkDeps {
  readonly thing: ThingId;
  readonly host: string;
  readonly port: number;
  /** Asked before every attempt, so that a renewed certificate is used. */
  readonly identity: () => Promise<DeviceIdentity>;
  readonly onMessage: (bytes: Uint8Array) => void;
  readonly onStatus: (connected: boolean) => void;
  readonly queueLimit?: number;
}

/** A device's connection to the platform's broker: kept open, and what it could not say yet is said when it is back. */
export interface Uplink {
  /** The oldest gives way when too much waits. */
  send(bytes: Uint8Array): void;
  /** Messages without an acknowledgement. */
  readonly waiting: number;
  /** Gives what waits a moment to get through, and ends. */
  close(): Promise<void>;
}

/** As long as the gateway's own: two days of bundles. */
const QUEUE_LIMIT = 512;
/** Messages on their way at once. */
const WINDOW = 32;
const FIRST_RETRY: Millis = SECOND / 2;
const LONGEST_RETRY: Millis = 60 * SECOND;
const CONNECT_WITHIN: Millis = 10 * SECOND;
const KEEP_ALIVE_SECONDS = 60;
const PARTING: Millis = 2 * SECOND;
const PARTING_LOOK: Millis = 20;
/** Handed on to the TLS of Node.js; the client's types do not know it. */
const TLS_ONLY = { minVersion: 'TLSv1.3' };

interface Waiting {
  readonly bytes: Uint8Array;
  /** It may have arrived, although nobody said so. */
  isSent: boolean;
}

/**
 * MQTT 3.1.1 with QoS 1 over mutual TLS 1.3. The queue is kept here and not in the MQTT client, so that whatever was sent and
 * not acknowledged goes out again, in order and marked as a repetition (DUP): the platform tells that from a replay.
 */
export function createUplink(deps: UplinkDeps): Uplink {
  const { thing, onMessage, onStatus, queueLimit = QUEUE_LIMIT } = deps;
  const queue: Waiting[] = [];
  const flying = new Set<Waiting>();
  let client: MqttClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  // spread out, so that a platform that comes back is not met by a whole ward at once
  const backoff = createBackoff({ first: FIRST_RETRY, longest: LONGEST_RETRY, isSpread: true });
  let isUp = false;
  let isClosed = false;

  const fill = (): void => {
    for (const waiting of queue) {
      if (client?.connected !== true || flying.size >= WINDOW) return;
      if (!flying.has(waiting)) publish(client, waiting);
    }
  };

  const publish = (through: MqttClient, waiting: Waiting): void => {
    flying.add(waiting);
    const options = { qos: 1, dup: waiting.isSent } as const;
    waiting.isSent = true;
    through.publish(upTopic(thing), Buffer.from(waiting.bytes), options, (error) => {
      if (through !== client || (error !== undefined && error !== null)) return;
      // not before: a platform that lets everybody in and can keep nothing is not to be met twice a second
      backoff.reset();
      flying.delete(waiting);
      const index = queue.indexOf(waiting);
      if (index >= 0) queue.splice(index, 1);
      fill();
    });
  };

  const lost = (ended: MqttClient): void => {
    if (ended !== client) return;
    client = undefined;
    flying.clear();
    if (isUp) onStatus(false);
    isUp = false;
    connectLater();
  };

  const connectLater = (): void => {
    if (isClosed) return;
    retry = setTimeout(connect, backoff.next());
  };

  const connect = (): void => {
    deps.identity().then(open, connectLater);
  };

  const open = ({ key, chain, ca }: DeviceIdentity): void => {
    if (isClosed) return;
    const opened = mqtt.connect({
      ...TLS_ONLY,
      protocol: 'mqtts',
      host: deps.host,
      port: deps.port,
      key,
      cert: chain,
      ca,
      clientId: thing,
      clean: true,
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: CONNECT_WITHIN,
      keepalive: KEEP_ALIVE_SECONDS,
    });
    client = opened;
    opened.on('error', () => {});
    opened.on('message', (_topic, payload) => onMessage(new Uint8Array(payload)));
    opened.on('connect', () => {
      isUp = true;
      opened.subscribe(downTopic(thing), { qos: 1 }, () => {});
      onStatus(true);
      fill();
    });
    opened.on('close', () => {
      opened.end(true);
      lost(opened);
    });
  };
  connect();

  return {
    send: (bytes) => {
      queue.push({ bytes, isSent: false });
      if (queue.length > queueLimit) flying.delete(queue.shift() as Waiting);
      fill();
    },
    get waiting() {
      return queue.length;
    },
    close: async () => {
      const until = Date.now() + PARTING;
      while (queue.length > 0 && client?.connected === true && Date.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, PARTING_LOOK));
      }
      isClosed = true;
      clearTimeout(retry);
      await client?.endAsync();
    },
  };
}
