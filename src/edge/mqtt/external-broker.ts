import mqtt, { type IPublishPacket, type MqttClient } from 'mqtt';
import { type Millis, SECOND } from '#base/time';
import type { Live } from '#edge/live/live';
import { createReceiver } from '#edge/live/receiver';
import { createBackoff } from '#edge/machine/backoff';
import type { Pem } from '#edge/pki/pem';
import type { ThingId } from '#model/thing/thing-id';
import { BROKER_LIMITS } from './broker-limits.ts';
import { type ConnectorNotice, createConnectorStatus, type DeviceConnector } from './device-connector.ts';
import { followKillSwitch } from './follow-kill-switch.ts';
import { createFrameGuard } from './frame-guard.ts';
import { createHeldMessages } from './held-messages.ts';
import { ALL_UP, downTopic, thingOfUpTopic } from './topics.ts';

/** How the platform shows itself to the broker. */
export type BrokerCredentials =
  | { readonly kind: 'certificate'; readonly certificate: Pem; readonly key: Pem }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

export interface ExternalBrokerDeps {
  readonly live: Live;
  /** `mqtts://host:port`. */
  readonly url: string;
  /** Roots that the broker's certificate has to lead to; the system's where absent. */
  readonly ca?: Pem;
  readonly credentials: BrokerCredentials;
  /** Names the session that the broker keeps for the platform. One platform, one name. */
  readonly clientId?: string;
  readonly onNotice?: (notice: ConnectorNotice) => void;
}

export const DEFAULT_CLIENT_ID = 'wardtwin-platform';
const FIRST_RETRY: Millis = SECOND / 4;
const LONGEST_RETRY: Millis = 30 * SECOND;
const CONNECT_WITHIN: Millis = 10 * SECOND;
const KEEP_ALIVE_SECONDS = 30;
/** Messages to devices that the broker has not acknowledged: what comes beyond is held here. */
const MOST_UNACKNOWLEDGED = 512;
/** Messages of the broker that are looked at before the first of them is durable: they share commits. */
const MOST_UNDER_WAY = 1_024;
/**
 * Given to the MQTT client in place of success, which would have it acknowledge a message now and look at the next one only then:
 * with an error it sends no PUBACK, and goes on.
 */
const ACKNOWLEDGED_LATER = new Error('acknowledged when it is durable');
/** Handed on to the TLS of Node.js; the client's types do not know it. */
const TLS_ONLY = { minVersion: 'TLSv1.3' };

/**
 * The platform as a client of a broker that others run. The broker is not trusted with anything: messages are sealed end to
 * end, and whose topic a message came by is a claim. It keeps the platform's session, so that what devices say while the
 * platform is away waits there. It does not tell who is connected to it: connection states stay as they are.
 *
 * INVARIANT: messages are taken in the broker's order, and a PUBACK leaves only after what its message did is durable. When that
 * cannot be, the connection is ended without it, and the broker delivers again (MQTT 3.1.1, 4.4).
 */
export function createExternalBroker(deps: ExternalBrokerDeps): DeviceConnector {
  const { live, onNotice = () => {} } = deps;
  const status = createConnectorStatus();
  const held = createHeldMessages(live.clock);
  const handIn = createReceiver(live);
  /** Things that something is held for. */
  const waiting = new Set<ThingId>();
  let client: MqttClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  const backoff = createBackoff({ first: FIRST_RETRY, longest: LONGEST_RETRY, isSpread: true });
  let unacknowledged = 0;
  /** Messages whose commit is waited for, and what goes on when there are fewer. */
  let underWay = 0;
  let goOn = (): void => {};

  const receive = (from: MqttClient, packet: IPublishPacket, next: (error?: Error) => void): void => {
    const thing = thingOfUpTopic(packet.topic);
    if (thing === undefined || packet.retain) {
      // acknowledged and forgotten: the broker would deliver it for ever
      onNotice({ kind: 'refused', reason: thing === undefined ? 'foreign-topic' : 'retained' });
      next();
      return;
    }
    underWay += 1;
    handIn(bytesOf(packet), { thing, proven: false, redelivered: packet.dup })
      .then(
        ({ outcome }) => {
          onNotice({ kind: 'received', thing, outcome });
          // not before: what cannot be kept is delivered again at once
          backoff.reset();
          if (from === client) acknowledge(from, packet);
        },
        () => {
          onNotice({ kind: 'refused', reason: 'not-durable', thing });
          end(from);
        },
      )
      .finally(() => {
        underWay -= 1;
        goOn();
        goOn = () => {};
      });
    if (underWay < MOST_UNDER_WAY) next(ACKNOWLEDGED_LATER);
    else goOn = () => next(ACKNOWLEDGED_LATER);
  };

  const send = (thing: ThingId, bytes: Uint8Array): void => {
    if (client?.connected !== true || unacknowledged >= MOST_UNACKNOWLEDGED) {
      waiting.add(thing);
      if (!held.hold(thing, bytes)) onNotice({ kind: 'refused', reason: 'undeliverable', thing });
      onNotice({ kind: 'held', thing });
      return;
    }
    unacknowledged += 1;
    client.publish(downTopic(thing), Buffer.from(bytes), { qos: 1 }, (error) => {
      unacknowledged -= 1;
      if (error === undefined || error === null) onNotice({ kind: 'delivered', thing });
      else onNotice({ kind: 'refused', reason: 'undeliverable', thing });
      if (waiting.size > 0 && unacknowledged < MOST_UNACKNOWLEDGED / 2) sendHeld();
    });
  };

  const sendHeld = (): void => {
    for (const thing of [...waiting]) {
      waiting.delete(thing);
      for (const bytes of held.take(thing)) send(thing, bytes);
    }
  };

  const end = (which: MqttClient): void => {
    which.end(true);
    if (which !== client) return;
    client = undefined;
    if (status.current === 'closed') return;
    status.set('disconnected');
    retry = setTimeout(connect, backoff.next());
  };

  const connect = (): void => {
    clearTimeout(retry);
    const opened = mqtt.connect(deps.url, optionsOf(deps));
    client = opened;
    const guard = createFrameGuard(BROKER_LIMITS.packetBytes);
    opened.stream.on('data', (chunk: Uint8Array) => {
      if (guard.accepts(chunk)) return;
      onNotice({ kind: 'refused', reason: 'too-large' });
      end(opened);
    });
    opened.handleMessage = (packet, next) => receive(opened, packet, next);
    opened.on('error', () => {});
    opened.on('close', () => end(opened));
    opened.on('connect', () => {
      // the session may be new to the broker, and a subscription that it knows is not made twice
      opened.subscribe(ALL_UP, { qos: 1 }, (error, granted) => {
        if ((error ?? undefined) !== undefined || granted?.[0]?.qos !== 1) {
          onNotice({ kind: 'refused', reason: 'protocol' });
          end(opened);
          return;
        }
        status.set('connected');
        sendHeld();
      });
    });
  };

  const stopWithdrawing = followKillSwitch(live, held.withdraw);
  live.onStatus((liveStatus) => {
    if (liveStatus !== 'open' || client !== undefined || status.current !== 'disconnected') return;
    backoff.reset();
    connect();
  });

  return {
    start: async () => {
      connect();
      return {};
    },
    send,
    get status() {
      return status.current;
    },
    onStatus: status.listen,
    close: async () => {
      status.set('closed');
      stopWithdrawing();
      clearTimeout(retry);
      const last = client;
      client = undefined;
      await last?.endAsync(true);
    },
  };
}

const optionsOf = ({ ca, credentials, clientId = DEFAULT_CLIENT_ID }: ExternalBrokerDeps) => ({
  ...TLS_ONLY,
  ...(ca === undefined ? {} : { ca }),
  ...(credentials.kind === 'certificate'
    ? { cert: credentials.certificate, key: credentials.key }
    : { username: credentials.username, password: credentials.password }),
  clientId,
  clean: false,
  protocolVersion: 4 as const,
  reconnectPeriod: 0,
  resubscribe: false,
  connectTimeout: CONNECT_WITHIN,
  keepalive: KEEP_ALIVE_SECONDS,
});

/** PUBACK (MQTT 3.1.1, 3.4). */
function acknowledge({ stream }: MqttClient, { qos, messageId = 0 }: IPublishPacket): void {
  if (qos === 1) stream.write(Buffer.from([0x40, 0x02, messageId >> 8, messageId & 0xff]));
}

function bytesOf({ payload }: IPublishPacket): Uint8Array {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
