import type { ThingId } from '#model/thing/thing-id';

/**
 * `connected`: devices can reach the platform this way. `disconnected`: at present they cannot, and it is being tried to mend
 * that.
 */
export type ConnectorStatus = 'starting' | 'connected' | 'disconnected' | 'closed';

/** Why a connector sent somebody away, or did not take what it was handed. */
export type ConnectorRefusal =
  | 'handshake'
  | 'not-a-device'
  | 'not-certified'
  | 'connects-too-often'
  | 'will'
  | 'foreign-topic'
  | 'retained'
  | 'quality-of-service'
  | 'too-large'
  | 'too-fast'
  | 'slow-reader'
  | 'not-durable'
  | 'protocol'
  | 'revoked'
  | 'certificate-expired'
  | 'undeliverable';

/** For metrics and logs. Says nothing of what a message holds. */
export type ConnectorNotice =
  | { readonly kind: 'connected' | 'disconnected' | 'delivered' | 'held'; readonly thing: ThingId }
  /** The platform took the message, whatever it made of it: `accepted`, or the reason of its refusal, which is on record. */
  | { readonly kind: 'received'; readonly thing: ThingId; readonly outcome: string }
  | { readonly kind: 'refused'; readonly reason: ConnectorRefusal; readonly thing?: ThingId }
  /** A connection state could not be recorded; it is looked at again when the platform is back. */
  | { readonly kind: 'not-noted' };

/** A way between devices and the platform. */
export interface DeviceConnector {
  /** Resolves with the port that it listens on, where it does. @throws Fault `mqtt.listen` */
  start(): Promise<{ readonly port?: number }>;
  /** Hands sealed bytes to a thing, now or within `HELD_FOR` when it connects. Never throws. */
  send(thing: ThingId, bytes: Uint8Array): void;
  readonly status: ConnectorStatus;
  onStatus(listener: (status: ConnectorStatus) => void): void;
  close(): Promise<void>;
}

/** What a connector's status is made of. */
export function createConnectorStatus(): {
  readonly current: ConnectorStatus;
  set(status: ConnectorStatus): void;
  listen(listener: (status: ConnectorStatus) => void): void;
} {
  const listeners: ((status: ConnectorStatus) => void)[] = [];
  let current: ConnectorStatus = 'starting';
  return {
    get current() {
      return current;
    },
    set: (status) => {
      if (status === current) return;
      current = status;
      for (const listener of listeners) listener(status);
    },
    listen: (listener) => {
      listeners.push(listener);
    },
  };
}
